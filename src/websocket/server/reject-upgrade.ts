import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Milliseconds after which the connection of a refused client is destroyed. */
const REFUSAL_TIMEOUT = 2_000;

/** Responds to an upgrade request with an error, and ends the connection (RFC 6455 §4.2.2). */
export function rejectUpgrade(socket: Duplex, status: number, text: string, headers: OutgoingHttpHeaders = {}): void {
  const fields: OutgoingHttpHeaders = {
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((line) => `${name}: ${line}`),
  );
  const timer = setTimeout(() => socket.destroy(), REFUSAL_TIMEOUT);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(timer));
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', text].join('\r\n'));
  // Discard what the client has sent after its request: closing a socket with unread data resets the connection, and the
  // response might be lost.
  socket.resume();
}
