import type { IncomingMessage } from 'node:http';
import { type Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { responseInProgress } from '../../shared/http/response-in-progress.ts';
import { hasSession } from '../session/open-transport.ts';

/** How the listeners of 'upgrade' have handled a request so far. */
interface Claim {
  /** Whether a WebSocketServer answers the request. */
  claimed: boolean;
  /** The number of WebSocketServers that have left the request to others. */
  declined: number;
}

// Properties instead of maps, because the CommonJS and the ES module may both have a server on an HTTP server.
const CLAIM: unique symbol = /* @__PURE__ */ Symbol.for('pushwire.claim');
/** The number of WebSocketServers that listen to an HTTP server. */
const ATTACHED: unique symbol = /* @__PURE__ */ Symbol.for('pushwire.attached');

type Claimable = Duplex & { [CLAIM]?: Claim | undefined };
type Attachable = Server & { [ATTACHED]?: number };

/** The listeners of a WebSocketServer for the events of its HTTP server. */
export interface HttpServerListeners<Request> {
  readonly listening: () => void;
  readonly error: (error: Error) => void;
  readonly upgrade: (request: Request, socket: Duplex, head: Buffer) => void;
}

/** Attaches a WebSocketServer to an HTTP server. Returns a function that detaches it. */
export function attach<Request>(server: Attachable, listeners: HttpServerListeners<Request>): () => void {
  const all = Object.entries(listeners);
  for (const [event, listener] of all) server.on(event, listener);
  server[ATTACHED] = (server[ATTACHED] ?? 0) + 1;
  return () => {
    for (const [event, listener] of all) server.off(event, listener);
    server[ATTACHED]! -= 1;
  };
}

/** Returns whether the HTTP server has more listeners of 'upgrade' than one. */
export function isShared(server: Server): boolean {
  return server.listenerCount('upgrade') > 1;
}

/** Returns whether the HTTP server answers requests, and only WebSocketServers listen to the event 'upgrade'. */
function canReturnTo(server: Attachable): boolean {
  return server.listenerCount('request') > 0 && server[ATTACHED] === server.listenerCount('upgrade');
}

/** Returns whether another WebSocketServer on the same HTTP server has answered the request, or is going to. */
export function isAnswered(server: Server | null, socket: Claimable): boolean {
  return server !== null && isShared(server) && (socket[CLAIM]?.claimed === true || hasSession(socket));
}

/** Reserves a request for the caller, who answers it. Returns false if another WebSocketServer answers it. */
export function claim(socket: Duplex): boolean {
  const state = claimOf(socket);
  if (state.claimed) return false;
  state.claimed = true;
  return true;
}

/**
 * Leaves the request to the other listeners of 'upgrade'. If there are none, or if none of them has answered within `timeout`,
 * `onUnanswered` is called, because the client would receive no answer otherwise.
 *
 * @param timeout in milliseconds; 0 for no limit
 */
export function decline(socket: Duplex, server: Server, timeout: number, onUnanswered: () => void): void {
  const state = claimOf(socket);
  state.declined++;
  const answer = (): void => {
    if (state.claimed) return;
    state.claimed = true;
    onUnanswered();
  };
  if (state.declined >= server.listenerCount('upgrade')) return answer();
  // The last WebSocketServer waits for listeners of other libraries. All of them are called in this turn.
  if (timeout === 0 || state.declined > 1) return;
  const { bytesWritten } = socket as Socket;
  const timer = setTimeout(() => {
    if (socket.writable && (socket as Socket).bytesWritten === bytesWritten) answer();
  }, timeout);
  socket.on('close', () => clearTimeout(timer));
}

/**
 * Gives a request back to its HTTP server, as if it had no `Upgrade` field: "A server MAY ignore a received Upgrade header
 * field if it wishes to continue using the current protocol on that connection" (RFC 9110 §7.8). Some HTTP clients offer
 * HTTP/2 with every request. node:http has left the connection by now, so it receives the request once more.
 *
 * @param head bytes that were received after the request
 * @returns whether the HTTP server answers the request
 */
export function returnToHttp(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
  // A request that was constructed has no lines to send again.
  if (!canReturnTo(server) || !request.rawHeaders?.length) return false;
  claim(socket);
  // After the other listeners of this event, because the next request may be an upgrade to WebSocket.
  process.nextTick(() => {
    (socket as Claimable)[CLAIM] = undefined;
  });
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    const value = rawHeaders[index + 1]!;
    const field = name.toLowerCase();
    if (field === 'connection') lines.push(`${name}: ${withoutUpgrade(value)}`);
    else if (!UPGRADE_FIELDS.includes(field)) lines.push(`${name}: ${value}`);
  }
  const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]);
  const returnNow = (): void => {
    socket.unshift(bytes);
    // Of the previous response: the HTTP server ends the connection if no request follows in time.
    if (socket instanceof Socket) socket.setTimeout(0);
    server.emit(socket instanceof TLSSocket ? 'secureConnection' : 'connection', socket);
  };
  if (head.length === 0 && responseInProgress(socket) === null) returnNow();
  else afterResponses(socket, returnNow);
  return true;
}

/**
 * Calls back when all earlier responses on the connection are complete: at once if there are none. If the client disconnects before,
 * it does not call back. Some frameworks assign a response to the upgrade request itself to the socket: this does not count as earlier.
 */
export function afterEarlierResponses(socket: Duplex, request: IncomingMessage, callback: () => void): void {
  const response = responseInProgress(socket);
  if (response === null || response.req === request) callback();
  else afterResponses(socket, callback);
}

/**
 * Calls back in a later turn of the event loop, when all earlier responses on the connection are complete (pipelining, RFC 9112
 * §9.3.2): node:http itself sends no response after those. If the client disconnects before, it does not call back.
 */
function afterResponses(socket: Duplex, callback: () => void): void {
  socket.on('error', destroy);
  socket.on('end', destroy);
  // A disconnection is detected only while reading. Received data waits in the stream, up to its high-water mark.
  socket.read(0);
  const wait = (): void => {
    const response = responseInProgress(socket);
    if (socket.destroyed) return;
    if (response !== null) return void response.once('close', wait);
    setImmediate(() => {
      socket.off('error', destroy);
      socket.off('end', destroy);
      if (!socket.destroyed) callback();
    });
  };
  wait();
}

function destroy(this: Duplex): void {
  this.destroy();
}

/** The fields that belong to the offer of another protocol. */
const UPGRADE_FIELDS: readonly string[] = ['upgrade', 'http2-settings'];

/** The value of `Connection` without the options for these fields. */
function withoutUpgrade(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => !UPGRADE_FIELDS.includes(option.toLowerCase())).join(', ') || 'keep-alive';
}

function claimOf(socket: Claimable): Claim {
  socket[CLAIM] ??= { claimed: false, declined: 0 };
  return socket[CLAIM];
}
