import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { createConnection } from 'node:net';
import {
  DEFAULT_CLIENT_HEARTBEAT_INTERVAL,
  DEFAULT_HANDSHAKE_TIMEOUT,
  DEFAULT_MAX_REDIRECTS,
} from '../../shared/defaults.ts';
import { checkRequestOptions, givenOptions } from '../../shared/http/request-options.ts';
import { webSocketOption } from '../../shared/option-validation.ts';
import { type OptionNames, warnOfUnknownOptions } from '../../shared/unknown-options.ts';
import type { DeflatePreferences } from '../handshake/deflate-negotiation.ts';
import { DRAFT_VERSION, VERSION } from '../handshake/refusal.ts';
import { type CompressionOptions, compressionOptions, type PerMessageDeflateOptions } from '../session/compression.ts';
import {
  type HeartbeatOptions,
  type SessionOptions,
  sessionOptions,
  supervisorOptions,
  type WebSocketOptions,
} from '../session/session-options.ts';
import type { SupervisorOptions } from '../session/supervisor.ts';
import type { GenerateMask } from '../wire/frame-encoder.ts';
import { generateMaskingKey } from './masking-key.ts';

/** Options of the opening handshake. */
interface HandshakeOptions extends Omit<RequestOptions, 'checkServerIdentity' | 'createConnection'> {
  /** Milliseconds for the whole opening handshake, redirects included; 0 for no limit. Default: 10,000. */
  handshakeTimeout?: number | undefined;
  /**
   * Whether to follow redirects. A redirect to another origin drops a client certificate, and all header fields that may
   * identify the caller, unless there is a listener of 'redirect'. Default: false.
   */
  followRedirects?: boolean | undefined;
  /** The maximum number of redirects to follow. Default: 10. */
  maxRedirects?: number | undefined;
  /**
   * Whether the handshake waits for all others with this option and the same host and port, as RFC 6455 §4.1 demands.
   * `handshakeTimeout` starts after the wait. A BrowserWebSocket always waits, as browsers do. Default: false, because a program such as
   * a load test may need many connections at once.
   */
  serializeHandshakes?: boolean | undefined;
  /** The value of the header field `Origin`. Default: none. RFC 6455 §10.2. */
  origin?: string | undefined;
  /** The value of `Sec-WebSocket-Version`: 13, or 8 for a server that implements a draft. Default: 13. RFC 6455 §4.1. */
  protocolVersion?: number | undefined;
  /** As in `tls.connect`. Default: as in `tls.connect`. */
  // biome-ignore lint/suspicious/noExplicitAny: node:tls and the types of `ws` disagree about the signature
  checkServerIdentity?: ((servername: string, certificate: any) => any) | undefined;
  /** Creates the transport, as in `http.request`. Default: as in `http.request`. */
  createConnection?: RequestOptions['createConnection'] | typeof createConnection | undefined;
}

/**
 * Options of a client. Every option of `https.request` is accepted, too, such as `headers`, `agent` or `ca`.
 *
 * @typeParam Socket WebSocket; a parameter, so that this file does not import the class
 */
export interface ClientOptionsOf<Socket> extends WebSocketOptions, HeartbeatOptions, HandshakeOptions {
  /** Fills four bytes with a masking key, for repeatable tests. Default: the system's random generator. RFC 6455 §5.3. */
  generateMask?: ((maskingKey: Buffer) => void) | undefined;
  /** The subprotocols to offer if the argument `protocols` is omitted. Default: none. */
  protocols?: string | readonly string[] | undefined;
  /**
   * Called with each request of the opening handshake, for example to set header fields. It must call `request.end()`. Default: the
   * request is sent unchanged.
   */
  finishRequest?: ((request: ClientRequest, socket: Socket) => void) | undefined;
  /** Whether, and with which parameters, to offer permessage-deflate (RFC 7692). Default: true. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
}

/** Options of a client after validation. @internal */
export interface ClientSettings {
  readonly handshake: HandshakeSettings;
  readonly session: SessionOptions;
  readonly compression: CompressionOptions | null;
  /** Null without a heartbeat. */
  readonly supervisor: SupervisorOptions | null;
  readonly generateMask: GenerateMask;
}

/** Options of the opening handshake after validation. @internal */
export interface HandshakeSettings {
  /** In milliseconds; 0 for no limit. */
  readonly timeout: number;
  readonly followRedirects: boolean;
  readonly maxRedirects: number;
  /** Whether the handshake waits for others with the same host and port. */
  readonly serializes: boolean;
  readonly origin: string | undefined;
  readonly version: number;
  /** What to offer of permessage-deflate; null to offer none. */
  readonly deflate: DeflatePreferences | null;
  /** Header fields of the application. */
  readonly headers: RequestOptions['headers'];
  /** Credentials as `user:password`. */
  readonly auth: string | null | undefined;
  /** Options for `https.request`. */
  readonly request: RequestOptions;
}

/** The options that `https.request` does not know. The compiler checks that the list is complete. */
const OWN_OPTIONS: OptionNames<Omit<ClientOptionsOf<unknown>, Exclude<keyof RequestOptions, 'protocol'>>> = {
  maxPayload: true,
  maxFragments: true,
  maxBufferedChunks: true,
  skipUTF8Validation: true,
  autoPong: true,
  maxPendingAutoPongs: true,
  allowSynchronousEvents: true,
  maxBackpressure: true,
  closeTimeout: true,
  heartbeatInterval: true,
  heartbeatTimeout: true,
  handshakeTimeout: true,
  followRedirects: true,
  maxRedirects: true,
  serializeHandshakes: true,
  origin: true,
  protocolVersion: true,
  generateMask: true,
  protocols: true,
  // The URL determines it. It is in the list because its name is similar to the one above.
  protocol: true,
  finishRequest: true,
  perMessageDeflate: true,
};

const VERSIONS: readonly number[] = [/* @__PURE__ */ Number(DRAFT_VERSION), /* @__PURE__ */ Number(VERSION)];

/** Options of `https.request` that the URL or the opening handshake determines. */
const DETERMINED_OPTIONS: readonly string[] = ['auth', 'headers', 'hostname', 'timeout'];

/**
 * Warns of mistyped options. Node.js may know any other option, and so may an agent.
 *
 * @internal
 */
export function warnOfSimilarOptions(owner: string, options: object): void {
  warnOfUnknownOptions(owner, options, OWN_OPTIONS, true);
}

/** @throws TypeError or RangeError for an invalid option @internal */
export function clientSettings(options: ClientOptionsOf<never>): ClientSettings {
  warnOfSimilarOptions('WebSocket', options);
  const { heartbeatInterval, heartbeatTimeout } = options;
  const session = sessionOptions(options);
  const compression = compressionOptions(options.perMessageDeflate, true);
  const supervisor = supervisorOptions(
    { heartbeatInterval, heartbeatTimeout, messageTimeout: 0 },
    DEFAULT_CLIENT_HEARTBEAT_INTERVAL,
  );
  const version = webSocketOption.oneOf('protocolVersion', options.protocolVersion, VERSIONS, Number(VERSION));
  checkRequestOptions(webSocketOption, options);
  return {
    session,
    compression,
    supervisor: supervisor.heartbeatInterval === 0 ? null : supervisor,
    generateMask: maskingKeySource(options.generateMask),
    handshake: {
      timeout: webSocketOption.milliseconds('handshakeTimeout', options.handshakeTimeout, DEFAULT_HANDSHAKE_TIMEOUT),
      followRedirects: webSocketOption.flag('followRedirects', options.followRedirects, false),
      maxRedirects: webSocketOption.nonNegative('maxRedirects', options.maxRedirects, DEFAULT_MAX_REDIRECTS),
      serializes: webSocketOption.flag('serializeHandshakes', options.serializeHandshakes, false),
      origin: originText(options.origin),
      version,
      deflate: compression?.preferences ?? null,
      headers: checkHeaders(options.headers),
      auth: options.auth,
      request: requestOptions(options),
    },
  };
}

/** Like `ws`, this accepts a URL object. */
function originText(origin: string | URL | null | undefined): string | undefined {
  if (origin === undefined || origin === null) return undefined;
  if (typeof origin !== 'string' && !(origin instanceof URL)) {
    throw webSocketOption.error(TypeError, 'origin', 'a string or a URL', origin);
  }
  return String(origin);
}

/** Like node:http, this accepts an array of names and values. node:http validates the names and values. */
function checkHeaders(headers: RequestOptions['headers'] | null): RequestOptions['headers'] {
  const allowed = 'an object, or an array of names and values';
  if (!Array.isArray(headers)) return webSocketOption.object('headers', headers as OutgoingHttpHeaders, allowed);
  if (headers.length % 2 === 0 && headers.every((text) => typeof text === 'string')) return headers;
  throw webSocketOption.error(TypeError, 'headers', allowed, headers);
}

/** Returns the source of masking keys. The function of an application receives a Buffer, as in `ws`. */
function maskingKeySource(option: ClientOptionsOf<never>['generateMask']): GenerateMask {
  const generateMask = webSocketOption.callback('generateMask', option);
  if (generateMask === undefined) return generateMaskingKey;
  return (maskingKey) => generateMask(Buffer.from(maskingKey.buffer as ArrayBuffer, maskingKey.byteOffset, 4));
}

function requestOptions(options: ClientOptionsOf<never>): RequestOptions {
  return Object.fromEntries(
    Object.entries(givenOptions(options)).filter(
      ([name]) => !Object.hasOwn(OWN_OPTIONS, name) && !DETERMINED_OPTIONS.includes(name),
    ),
  );
}

/** Distinguishes the overloads `(url, options)` and `(url, protocols, options)`. @internal */
export function isClientOptions(argument: unknown): argument is ClientOptionsOf<never> {
  return typeof argument === 'object' && argument !== null && !Array.isArray(argument);
}
