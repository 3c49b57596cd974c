import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { Socket } from 'node:net';

/**
 * The maximum number of event streams that wait behind another response on a connection. While an earlier event stream is open, they
 * cannot begin. Each takes about 15 KiB of memory, for a request of 26 bytes.
 */
const MAX_WAITING = 16;

/** The callbacks of the responses that wait behind an earlier response on the same connection. */
const waiting = /* @__PURE__ */ new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back when a response has ended, or cannot begin any more. The callback may be called more than once, and before
 * this function returns. These are the ways in which a response ends:
 *
 * - All of it was sent, the connection was closed, or writing failed: node:http emits 'close' or 'error'.
 * - The client disconnected before this call, for example while the application queried a database: no event follows.
 * - The client disconnects while an earlier response on the connection is not complete (pipelining, RFC 9112 §9.3.2): the
 *   socket of the request emits 'close', the response emits nothing.
 * - The client resets an HTTP/2 stream with NO_ERROR during a write: the stream emits 'aborted', but never 'close'. The callback
 *   waits, because node:http2 may be sending: if the stream were destroyed now, it would allocate memory without end.
 */
export function onResponseEnd(request: IncomingMessage, response: ServerResponse, callback: () => void): void {
  response.on('error', callback);
  response.on('close', callback);
  if (request.httpVersionMajor === 2) {
    const { stream } = response as unknown as Http2ServerResponse;
    if (!stream || stream.destroyed || stream.closed) callback();
    else stream.once('aborted', () => setImmediate(callback));
    return;
  }
  const { socket } = request;
  if (response.destroyed || socket?.destroyed) callback();
  else if (waitsForEarlierResponse(request, response)) onSocketClose(socket, callback);
}

/** Whether a response that was not sent yet waits for an earlier response on the same connection: it has no socket yet. */
export function waitsForEarlierResponse(request: IncomingMessage, response: ServerResponse): boolean {
  return request.httpVersionMajor !== 2 && response.socket === null && request.socket instanceof Socket;
}

/** One listener serves all responses that wait. A client that makes too many of them wait is disconnected. */
function onSocketClose(socket: Socket, callback: () => void): void {
  const callbacks = waiting.get(socket);
  if (callbacks !== undefined) {
    callbacks.add(callback);
    if (callbacks.size > MAX_WAITING) socket.destroy();
    return;
  }
  const created = new Set([callback]);
  waiting.set(socket, created);
  socket.once('close', () => {
    for (const each of created) each();
  });
}
