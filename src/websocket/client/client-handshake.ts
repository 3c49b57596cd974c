import { randomBytes } from 'node:crypto';
import {
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_MAX_REDIRECTS } from '../../shared/defaults.ts';
import { basicCredentials } from '../../shared/http/basic-credentials.ts';
import { CREDENTIAL_HEADERS, REDIRECT_STATUSES } from '../../shared/http/redirects.ts';
import { webSocketOption } from '../../shared/option-validation.ts';
import { type DeflatePreferences, makeOffer } from '../handshake/deflate-negotiation.ts';
import { formatExtensions } from '../handshake/extension.ts';
import { headerFields } from '../handshake/header.ts';
import { DRAFT_VERSION, VERSION } from '../handshake/refusal.ts';
import { type Agreement, readResponse } from '../handshake/response.ts';
import { HandshakeError } from '../session/errors.ts';
import { parseWebSocketUrl, type WebSocketUrl } from './url.ts';

/** Options of a client's opening handshake; every other option of `https.request` is passed on to it. */
export interface HandshakeOptions extends Omit<RequestOptions, 'checkServerIdentity' | 'createConnection'> {
  /** Milliseconds for the whole opening handshake; 0 for no limit. Default: 10,000. */
  readonly handshakeTimeout?: number | undefined;
  /** Whether redirects are followed. Default: false. */
  readonly followRedirects?: boolean | undefined;
  /** How many, if they are. Default: 10. */
  readonly maxRedirects?: number | undefined;
  /** The value of `Origin`. Default: none. */
  readonly origin?: string | undefined;
  /** The value of `Sec-WebSocket-Version`: 13, or 8 for a server of the draft. Default: 13. */
  readonly protocolVersion?: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: each in its own form: node:tls and the types of `ws` don't agree
  readonly checkServerIdentity?: ((servername: string, certificate: any) => any) | undefined;
  readonly createConnection?: RequestOptions['createConnection'] | typeof createConnection | undefined;
}

/** What an opening handshake tells; after `onOpen` or `onFail`, nothing more. */
export interface HandshakeListener {
  /** A request is ready: whoever is told ends it. */
  onRequest(request: ClientRequest): void;
  /** A response with status 101, before it is checked. */
  onUpgrade(response: IncomingMessage): void;
  onOpen(transport: Duplex, head: Buffer, agreement: Agreement): void;
  onFail(error: Error): void;
  /** Another status than 101; returns true if the application deals with it. */
  onUnexpectedResponse(request: ClientRequest, response: IncomingMessage): boolean;
  /** Whether the application looks at each redirect itself, and takes away what the next host must not get. */
  inspectsRedirects(): boolean;
  /** About to follow a redirect. */
  onRedirect(url: URL, request: ClientRequest): void;
}

/** A client's opening handshake, RFC 6455 §4.1, over the request of node:http or node:https. */
export class ClientHandshake {
  readonly #protocols: readonly string[];
  readonly #deflate: DeflatePreferences | null;
  readonly #options: HandshakeOptions;
  /** The application's: what a redirect has taken away does not come back. */
  #headers: OutgoingHttpHeaders;
  readonly #listener: HandshakeListener;
  readonly #maxRedirects: number;
  readonly #version: number;
  readonly #timeout: number;
  #timer: NodeJS.Timeout | undefined;
  #request: ClientRequest | undefined;
  #redirects = 0;
  #ended = false;

  /** @param deflate what is wished of permessage-deflate; null not to offer it */
  constructor(
    address: WebSocketUrl,
    protocols: readonly string[],
    deflate: DeflatePreferences | null,
    options: HandshakeOptions,
    listener: HandshakeListener,
  ) {
    const { protocolVersion = Number(VERSION) } = options;
    if (protocolVersion !== Number(VERSION) && protocolVersion !== Number(DRAFT_VERSION)) {
      const message = `Unsupported protocol version: ${protocolVersion} (supported versions: ${DRAFT_VERSION}, ${VERSION})`;
      throw Object.assign(new RangeError(message), { code: 'WS_ERR_INVALID_OPTION' });
    }
    this.#protocols = protocols;
    this.#deflate = deflate;
    this.#options = options;
    this.#headers = applicationHeaders(address.url, options);
    this.#listener = listener;
    this.#maxRedirects = webSocketOption.nonNegative('maxRedirects', options.maxRedirects, DEFAULT_MAX_REDIRECTS);
    this.#version = protocolVersion;
    this.#timeout = webSocketOption.milliseconds(
      'handshakeTimeout',
      options.handshakeTimeout,
      DEFAULT_HANDSHAKE_TIMEOUT,
    );
  }

  /** The one in progress. */
  get request(): ClientRequest | undefined {
    return this.#request;
  }

  /** @throws what node:http throws for invalid options */
  start(address: WebSocketUrl): void {
    // Before the timer, because it may throw.
    this.#send(address);
    const timeout = this.#timeout;
    if (timeout === 0 || this.#ended) return;
    this.#timer = setTimeout(() => {
      const message = `Opening handshake has timed out: it took longer than handshakeTimeout, which is ${timeout} ms`;
      this.fail(new HandshakeError('WS_ERR_HANDSHAKE_TIMEOUT', message, 0));
    }, timeout);
  }

  /** Ends the handshake and its connection. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#end();
    this.#request?.destroy();
    this.#listener.onFail(error);
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #send(address: WebSocketUrl): void {
    const options = this.#options;
    const key = randomBytes(16).toString('base64');
    const request = (address.secure ? requestHttps : requestHttp)({
      ...requestOptions(options),
      method: 'GET',
      host: address.hostname,
      port: address.port,
      socketPath: address.socketPath,
      path: address.path,
      headers: {
        ...this.#headers,
        ...originHeader(options.origin, this.#version),
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': key,
        'Sec-WebSocket-Version': this.#version,
        ...(this.#deflate === null ? {} : { 'Sec-WebSocket-Extensions': formatExtensions([makeOffer(this.#deflate)]) }),
        ...(this.#protocols.length === 0 ? {} : { 'Sec-WebSocket-Protocol': this.#protocols.join(', ') }),
      },
    });
    this.#request = request;
    // As it is: programs look for its `code`, such as ECONNREFUSED.
    request.on('error', (error) => this.fail(error));
    request.on('upgrade', (response, socket, head) => this.#switchProtocols(response, socket, head, key));
    request.on('response', (response) => this.#takeOtherStatus(address, request, response, key));
    if (this.#redirects > 0) this.#listener.onRedirect(address.url, request);
    if (!this.#ended) this.#listener.onRequest(request);
  }

  #switchProtocols(response: IncomingMessage, socket: Duplex, head: Buffer, key: string): void {
    // Until a session has it.
    const onError = (error: Error): void => this.fail(error);
    socket.on('error', onError);
    this.#listener.onUpgrade(response);
    const agreement = this.#readAgreement(response.rawHeaders, key);
    if (agreement === undefined) {
      socket.destroy();
      return;
    }
    this.#end();
    socket.off('error', onError);
    this.#listener.onOpen(socket, head, agreement);
  }

  #readAgreement(rawHeaders: readonly string[], key: string): Agreement | undefined {
    const asked = { key, protocols: this.#protocols, deflate: this.#deflate };
    const result = readResponse(headerFields(rawHeaders), asked);
    if (!this.#ended && 'agreement' in result) return result.agreement;
    if ('invalid' in result) this.fail(new HandshakeError(result.invalid.code, result.invalid.text, 101));
    return undefined;
  }

  #takeOtherStatus(address: WebSocketUrl, request: ClientRequest, response: IncomingMessage, key: string): void {
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status === 101) {
      // Without `Upgrade` or `Connection`, node:http takes a 101 for any other response.
      this.#listener.onUpgrade(response);
      this.#readAgreement(response.rawHeaders, key);
    } else if (this.#options.followRedirects && REDIRECT_STATUSES.includes(status) && location) {
      this.#redirect(address, request, location, status);
    } else if (!this.#listener.onUnexpectedResponse(request, response)) {
      const message = `Unexpected server response: ${status}`;
      this.fail(new HandshakeError('WS_ERR_UNEXPECTED_RESPONSE', message, status, flatHeaders(response)));
    }
  }

  #redirect(from: WebSocketUrl, request: ClientRequest, location: string, status: number): void {
    if (++this.#redirects > this.#maxRedirects) {
      const message = `Maximum redirects exceeded: maxRedirects is ${this.#maxRedirects}`;
      return this.fail(new HandshakeError('WS_ERR_TOO_MANY_REDIRECTS', message, status));
    }
    let to: WebSocketUrl;
    try {
      to = parseWebSocketUrl(URL.canParse(location, from.url.href) ? new URL(location, from.url) : location);
    } catch (error) {
      return this.fail(error as Error);
    }
    request.on('error', () => {});
    request.destroy();
    if (!this.#listener.inspectsRedirects()) this.#headers = headersAfterRedirect(this.#headers, from, to);
    this.#send(to);
  }
}

/** The application's header fields, and the credentials that it gave in other ways. */
function applicationHeaders(url: URL, options: HandshakeOptions): OutgoingHttpHeaders {
  const headers = headersObject(options.headers);
  const given = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const authorization = basicCredentials(url, options.auth);
  return given || authorization === undefined ? headers : { ...headers, Authorization: authorization };
}

/** node:http takes a list of names and values, too. */
function headersObject(headers: RequestOptions['headers']): OutgoingHttpHeaders {
  if (!Array.isArray(headers)) return { ...(headers as OutgoingHttpHeaders | undefined) };
  const object: Record<string, OutgoingHttpHeader> = {};
  for (const [name, values] of Object.entries(headerFields(headers))) object[name] = [...values!];
  return object;
}

/** The draft's field has another name. */
function originHeader(origin: string | undefined, version: number): OutgoingHttpHeaders {
  if (origin === undefined) return {};
  return version === Number(DRAFT_VERSION) ? { 'Sec-WebSocket-Origin': origin } : { Origin: origin };
}

function headersAfterRedirect(headers: OutgoingHttpHeaders, from: WebSocketUrl, to: WebSocketUrl): OutgoingHttpHeaders {
  const sameHost = to.host === from.host && to.socketPath === from.socketPath;
  // Nor over a plain connection after a secure one.
  const trusted = sameHost && (to.secure || !from.secure);
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => {
      const lowerCase = name.toLowerCase();
      return (trusted || !CREDENTIAL_HEADERS.includes(lowerCase)) && (sameHost || lowerCase !== 'host');
    }),
  );
}

/** Those of `https.request` that are the application's to choose: where the request goes is for the URL to say. */
function requestOptions(options: HandshakeOptions): RequestOptions {
  const {
    handshakeTimeout: _handshakeTimeout,
    followRedirects: _followRedirects,
    maxRedirects: _maxRedirects,
    origin: _origin,
    protocolVersion: _protocolVersion,
    auth: _auth,
    protocol: _protocol,
    hostname: _hostname,
    timeout: _timeout,
    agent,
    ...others
  } = options;
  // A connection of its own, as this one is taken out of HTTP's hands. An agent would not call `createConnection`.
  const ownConnection = options.createConnection === undefined ? false : undefined;
  return { ...(others as RequestOptions), agent: agent ?? ownConnection };
}

function flatHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headerFields(response.rawHeaders)).map(([name, values]) => [name, values?.join(', ') ?? '']),
  );
}
