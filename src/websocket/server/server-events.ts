import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TypedEmitter } from '../../shared/typed-emitter.ts';
import type { HandshakeError } from '../handshake/handshake-error.ts';
import type { WebSocket } from '../websocket.ts';

/** The events of WebSocketServer, with the arguments of their listeners. */
export interface WebSocketServerEvents<
  Socket extends WebSocket = WebSocket,
  Request extends IncomingMessage = IncomingMessage,
> {
  /** The HTTP server is listening. */
  listening: [];
  /** A connection is open. */
  connection: [socket: Socket, request: Request];
  /** The response with status 101 is about to be sent. Its lines may be changed. */
  headers: [headers: string[], request: Request];
  /** The HTTP server failed, for example with EADDRINUSE. */
  error: [error: Error & { readonly code?: string | undefined }];
  /**
   * An upgrade request is malformed, or its origin is refused. If there is a listener, it must respond and end the socket.
   *
   * With the codes WS_ERR_HOOK_FAILED and WS_ERR_INVALID_PROTOCOL, a function of the application failed. Then the response 500 was
   * sent already, `error.hook` is the name of the function, and `error.cause` is what it threw. A client that `verifyClient`,
   * `maxConnections`, a timeout or a closing server refuses is not reported.
   */
  wsClientError: [error: HandshakeError, socket: Duplex, request: Request];
  /** The server is closed, and so are all connections, unless `close()` does not wait for them. */
  close: [];
}

/** EventEmitter, with the types of these events. */
export const Emitter: new <Socket extends WebSocket, Request extends IncomingMessage>() => TypedEmitter<
  WebSocketServerEvents<Socket, Request>
> = EventEmitter as never;
