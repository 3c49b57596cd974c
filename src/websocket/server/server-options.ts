import type { Server as HttpServer, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { OriginPolicy } from '../handshake/origin.ts';
import type { PerMessageDeflateOptions } from '../session/compression.ts';
import type { HandshakeError } from '../session/errors.ts';
import type { SupervisionOptions, WebSocketOptions } from '../session/session-options.ts';
import type { WebSocket } from '../websocket.ts';

export interface VerifyInformation<Request extends IncomingMessage = IncomingMessage> {
  /** The value of `Origin`; undefined if the client sent none, which the types of `ws` do not say either. */
  origin: string;
  /** Whether the connection is one over TLS. */
  secure: boolean;
  req: Request;
}

/** Ends an asynchronous `verifyClient`. Without `result`, the status is `code`, 401 by default. */
export type VerifyCallback = (result: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void;

export type VerifyClientSync<Request extends IncomingMessage = IncomingMessage> = (
  information: VerifyInformation<Request>,
) => boolean;

export type VerifyClientAsync<Request extends IncomingMessage = IncomingMessage> = (
  information: VerifyInformation<Request>,
  callback: VerifyCallback,
) => void;

export type VerifyClient<Request extends IncomingMessage = IncomingMessage> =
  | VerifyClientAsync<Request>
  | VerifyClientSync<Request>;

/**
 * Exactly one of `port`, `server` and `noServer` must be given.
 *
 * @typeParam Socket  the class of the sockets
 * @typeParam Request the class of the requests, which an HTTP server of the application's may have chosen
 */
export interface ServerOptions<
  Socket extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends WebSocketOptions,
    SupervisionOptions {
  /** Listen here, with an HTTP server of our own; 0 for any free port. */
  readonly port?: number | undefined;
  /** The address to listen on, with `port`. Default: all. */
  readonly host?: string | undefined;
  /** How many connections may wait to be accepted, with `port`. Default: Node's, 511. */
  readonly backlog?: number | undefined;
  /** An HTTP or HTTPS server whose upgrade requests are to be answered. */
  readonly server?: HttpServer<Request> | HttpsServer<Request> | undefined;
  /** No server: the application calls `handleUpgrade()`. */
  readonly noServer?: boolean | undefined;
  /** The path to serve; requests for others are refused with 404. Default: any. */
  readonly path?: string | undefined;
  /** Which pages may connect; others are refused with 403. Default: all. RFC 6455 §10.2. */
  readonly origin?: OriginPolicy | undefined;
  /** Open connections; past it, opening handshakes are refused with 503. 0 for no limit. Default: 0. */
  readonly maxConnections?: number | undefined;
  /**
   * Milliseconds for an opening handshake; 0 for no limit. Default: 10,000. With `port`, for the whole request, which is
   * answered with 408 then; in every mode, for an asynchronous `verifyClient`, which is taken for a refusal with 503.
   */
  readonly handshakeTimeout?: number | undefined;
  /** Whether `clients` is kept; otherwise it is undefined. Default: true. */
  readonly clientTracking?: boolean | undefined;
  /** Chooses one of the subprotocols offered, or false for none. Default: the first. */
  readonly handleProtocols?: ((protocols: Set<string>, request: InstanceType<Request>) => string | false) | undefined;
  /** Whether to accept the client. With two parameters it is asynchronous. Default: yes. */
  readonly verifyClient?: VerifyClient<InstanceType<Request>> | undefined;
  /** Whether, and how, offers of permessage-deflate (RFC 7692) are accepted. Default: false. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** The class of the sockets, a subclass of ours. */
  readonly WebSocket?: Socket | undefined;
}

export interface WebSocketServerEvents<
  Socket extends WebSocket = WebSocket,
  Request extends IncomingMessage = IncomingMessage,
> {
  /** The server takes connections. */
  listening: [];
  connection: [socket: Socket, request: Request];
  /** The lines of the 101 response, before they are sent: more may be added. */
  headers: [headers: string[], request: Request];
  /** An error of the underlying HTTP server, such as EADDRINUSE. */
  error: [error: Error];
  /** A handshake is refused. Whoever listens answers, and ends the socket. */
  wsClientError: [error: HandshakeError, socket: Duplex, request: Request];
  close: [];
}

export interface BroadcastOptions<Socket extends WebSocket = WebSocket> {
  /** Whether it is sent as binary. Default: true for all but strings and numbers. */
  readonly binary?: boolean | undefined;
  /** Whether it is compressed for those connections that can, and if it is long enough. Default: true. */
  readonly compress?: boolean | undefined;
  /** Who gets it. Default: everybody. */
  readonly filter?: ((socket: Socket) => boolean) | undefined;
}

export interface ShutdownOptions {
  /** Milliseconds until connections that do not close are terminated. Default: 10,000. */
  readonly timeout?: number | undefined;
  /** The close code. Default: 1001, going away. */
  readonly code?: number | undefined;
  /** At most 123 bytes of UTF-8. Default: none. */
  readonly reason?: string | undefined;
}
