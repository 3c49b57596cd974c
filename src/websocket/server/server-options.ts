import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import {
  DEFAULT_HANDSHAKE_TIMEOUT,
  DEFAULT_HEARTBEAT_INTERVAL,
  DEFAULT_MAX_CONNECTIONS,
} from '../../shared/defaults.ts';
import { describeValue } from '../../shared/describe-value.ts';
import { webSocketOption } from '../../shared/option-validation.ts';
import { type OptionNames, warnOfUnknownOptions } from '../../shared/unknown-options.ts';
import type { OriginPolicy } from '../handshake/origin.ts';
import { type CompressionOptions, compressionOptions, type PerMessageDeflateOptions } from '../session/compression.ts';
import {
  type SessionOptions,
  type SupervisionOptions,
  sessionOptions,
  supervisorOptions,
  type WebSocketOptions,
} from '../session/session-options.ts';
import type { SupervisorOptions } from '../session/supervisor.ts';
import type { WebSocket } from '../websocket.ts';
import type { VerifyClient } from './verify-client.ts';

/**
 * A class of sockets, or any class whose objects have the same type. In CommonJS, the default export has more members than the class
 * WebSocket, and the types of `ws` do not distinguish them. `Partial` is necessary: without it, the compiler compares only the type
 * parameters of two ServerOptions, and does not accept one as the other.
 */
type SocketClass<Socket extends typeof WebSocket> =
  | Socket
  | (Partial<Socket> & (new (...parameters: never[]) => InstanceType<Socket>));

/**
 * Options of a WebSocketServer. Exactly one of `port`, `server` and `noServer` is required.
 *
 * @typeParam Socket  the class of the sockets
 * @typeParam Request the class of the requests, which an HTTP server of the application may have set
 */
export interface ServerOptions<
  Socket extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends WebSocketOptions,
    SupervisionOptions {
  /** The port to listen on; 0 for any free port. The WebSocketServer then creates an HTTP server. Default: none. */
  port?: number | undefined;
  /** The address to listen on, with `port`. Default: all addresses. */
  host?: string | undefined;
  /** The maximum number of connections that wait to be accepted, with `port`. Default: 511, as in node:net. */
  backlog?: number | undefined;
  /**
   * An HTTP or HTTPS server whose upgrade requests are handled; or a secure server of HTTP/2 with `allowHTTP1`. Default: none.
   */
  server?: HttpServer<Request> | HttpsServer<Request> | Http2SecureServer<Request> | undefined;
  /** Whether there is no HTTP server: the application calls `handleUpgrade()`. Default: false. */
  noServer?: boolean | undefined;
  /** The path to serve. Requests for other paths are refused with 404. Default: all paths. */
  path?: string | undefined;
  /** The origins of web pages that may connect. Others are refused with 403. Default: all origins. RFC 6455 §10.2. */
  origin?: OriginPolicy | undefined;
  /**
   * The maximum number of connections, including clients that wait for an asynchronous `verifyClient`, `origin` or `shouldHandle()`;
   * 0 for no limit. Further requests are refused with 503. Default: 0.
   */
  maxConnections?: number | undefined;
  /**
   * Milliseconds for an opening handshake; 0 for no limit. With `port`, a request that takes longer is refused with 408. In
   * every mode, a client is refused with 503 if asynchronous functions such as `verifyClient` take longer. Default: 10,000.
   */
  handshakeTimeout?: number | undefined;
  /** Whether to keep the open connections in `clients`, which is undefined otherwise. Default: true. */
  clientTracking?: boolean | undefined;
  /**
   * Chooses one of the offered subprotocols; false for none. It is called only if the client offers any. Default: the first
   * one. RFC 6455 §4.2.2.
   */
  handleProtocols?: ((protocols: Set<string>, request: InstanceType<Request>) => string | false) | undefined;
  /**
   * Accepts or refuses a client. A function with two parameters receives a callback; any other may return a Promise. If this or
   * another function of these options throws, the client is refused with 500. Default: all clients are accepted.
   */
  verifyClient?: VerifyClient<InstanceType<Request>> | undefined;
  /** Whether, and with which parameters, to accept offers of permessage-deflate (RFC 7692). Default: false. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** The class of the sockets, a subclass of WebSocket. Default: WebSocket. */
  WebSocket?: SocketClass<Socket> | undefined;
}

/** The numeric and boolean options of a server after validation. @internal */
export interface ServerSettings {
  readonly session: SessionOptions;
  readonly compression: CompressionOptions | null;
  readonly supervisor: SupervisorOptions;
  /** Infinity for no limit. */
  readonly maxConnections: number;
  /** In milliseconds; 0 for no limit. */
  readonly handshakeTimeout: number;
  readonly clientTracking: boolean;
}

const NAMES: OptionNames<ServerOptions> = {
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
  messageTimeout: true,
  maxReceiveMemory: true,
  port: true,
  host: true,
  backlog: true,
  server: true,
  noServer: true,
  path: true,
  origin: true,
  maxConnections: true,
  handshakeTimeout: true,
  clientTracking: true,
  handleProtocols: true,
  verifyClient: true,
  perMessageDeflate: true,
  WebSocket: true,
};

const MAX_PORT = 65_535;
const MAX_BACKLOG = 2 ** 31 - 1;

/**
 * Validates all options once. A request or a connection costs no validation.
 *
 * @param isSubclass whether the server is one of a subclass, which may have options of its own
 * @throws TypeError or RangeError for an invalid option
 * @internal
 */
// biome-ignore lint/suspicious/noExplicitAny: a server of any request
export function serverSettings(options: ServerOptions<any, any>, isSubclass: boolean): ServerSettings {
  const { handshakeTimeout } = options;
  // The constructor of a class of the application receives the options, too.
  warnOfUnknownOptions('WebSocketServer', options, NAMES, isSubclass || isGiven(options.WebSocket));
  checkMode(options);
  checkListenOptions(options);
  checkPath(options.path);
  checkOriginPolicy(options.origin);
  webSocketOption.callback('verifyClient', options.verifyClient);
  webSocketOption.callback('handleProtocols', options.handleProtocols);
  checkClass(options.WebSocket);
  return {
    session: sessionOptions(options),
    compression: compressionOptions(options.perMessageDeflate, false),
    supervisor: supervisorOptions(options, DEFAULT_HEARTBEAT_INTERVAL),
    maxConnections: webSocketOption.limit('maxConnections', options.maxConnections, DEFAULT_MAX_CONNECTIONS),
    handshakeTimeout: webSocketOption.milliseconds('handshakeTimeout', handshakeTimeout, DEFAULT_HANDSHAKE_TIMEOUT),
    clientTracking: webSocketOption.flag('clientTracking', options.clientTracking, true),
  };
}

/**
 * Whether an option is given. `ws` documents null as the default of many options, and programs pass false as `server`.
 *
 * @internal
 */
export function isGiven<T>(option: T | false | null | undefined): option is T {
  return option !== undefined && option !== null && option !== false;
}

function checkMode({ port, server, noServer }: ServerOptions): void {
  const modes = {
    port: isGiven(port),
    server: isGiven(server),
    noServer: webSocketOption.flag('noServer', noServer, false),
  };
  const given = Object.entries(modes).filter(([, value]) => value);
  if (given.length === 1) return;
  const names = given.map(([name]) => name).join(', ') || 'none';
  throw webSocketOption.fault(TypeError, `Exactly one of port, server and noServer must be given; received ${names}`);
}

function checkListenOptions({ port, host, backlog, server }: ServerOptions): void {
  if (isGiven(server)) webSocketOption.withMethods('server', server, ['on', 'off', 'address'], 'an HTTP server');
  // Like node:net, this accepts a port as a string: programs pass an environment variable.
  const number = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
  if (number !== undefined && number !== null) webSocketOption.integer('port', number, 0, MAX_PORT);
  webSocketOption.string('host', host);
  if (backlog !== undefined && backlog !== null) webSocketOption.integer('backlog', backlog, 0, MAX_BACKLOG);
}

/** As in `ws`, it is no error: a subclass may use the option in its `shouldHandle()`. */
function checkPath(path: string | null | undefined): void {
  webSocketOption.string('path', path);
  if (!path || /^\/[^?]*$/.test(path)) return;
  const message = `path must begin with "/" and have no query; received ${describeValue(path)}: no request has this path`;
  process.emitWarning(message, { code: 'PUSHWIRE_UNMATCHED_PATH' });
}

function checkOriginPolicy(policy: OriginPolicy | null | undefined): void {
  if (policy === undefined || policy === null || typeof policy === 'function') return;
  if (Array.isArray(policy)) {
    for (const [index, entry] of policy.entries()) {
      checkOrigin(`origin[${index}]`, entry, 'a string or a RegExp');
    }
  } else if (policy !== 'same-origin') {
    checkOrigin('origin', policy, 'a string, a RegExp, an array of these or a function');
  }
}

/** An origin that no browser sends, such as a URL with a path, would refuse every page. */
function checkOrigin(name: string, value: unknown, types: string): void {
  if (value instanceof RegExp) return;
  if (typeof value !== 'string') throw webSocketOption.error(TypeError, name, types, value);
  if (!isSerializedOrigin(value.toLowerCase())) {
    throw webSocketOption.error(RangeError, name, 'an origin such as "https://app.example", or "null"', value);
  }
}

/** RFC 6454 §6.2. Origins with schemes that the URL standard does not know, such as those of browser extensions, pass. */
function isSerializedOrigin(value: string): boolean {
  if (value === 'null') return true;
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#]+$/.test(value) || !URL.canParse(value)) return false;
  const { origin } = new URL(value);
  return origin === 'null' || origin === value;
}

function checkClass(value: unknown): void {
  if (value === undefined || value === null) return;
  // Not `instanceof`: the class may be that of the other module format.
  const prototype = typeof value === 'function' ? (value.prototype as Partial<WebSocket> | undefined) : undefined;
  if (typeof prototype?._acceptTransport === 'function') return;
  throw webSocketOption.error(TypeError, 'WebSocket', 'a subclass of WebSocket', value);
}

/** Options of `server.broadcast()`. */
export interface BroadcastOptions<Socket extends WebSocket = WebSocket> {
  /** Whether to send a binary message. Default: false for strings and numbers, else true. */
  binary?: boolean | undefined;
  /** Whether to compress the message for the connections that use permessage-deflate. Default: true. */
  compress?: boolean | undefined;
  /**
   * Whether to compress the message once for all connections, including those with context takeover (RFC 7692 §7.1.1). The message then
   * does not refer to earlier ones, so a small message becomes two or three times as long. Default: false.
   */
  compressOnce?: boolean | undefined;
  /**
   * Returns `true` for each recipient. If it throws for a connection, that one is skipped, and the process warns once. Default: all open
   * connections.
   */
  filter?: ((socket: Socket) => boolean) | undefined;
}

/** Options of `server.shutdown()`. */
export interface ShutdownOptions {
  /** Milliseconds after which connections that are still open are terminated. Default: 10,000. */
  timeout?: number | undefined;
  /** The close code: 1000-1003, 1007-1014 or 3000-4999. Default: 1001 (going away). RFC 6455 §7.4. */
  code?: number | undefined;
  /** The close reason, at most 123 bytes of UTF-8. Default: none. */
  reason?: string | undefined;
}

/** @internal */
export const BROADCAST_NAMES: OptionNames<BroadcastOptions> = {
  binary: true,
  compress: true,
  compressOnce: true,
  filter: true,
};

/** @internal */
export const SHUTDOWN_NAMES: OptionNames<ShutdownOptions> = { timeout: true, code: true, reason: true };
