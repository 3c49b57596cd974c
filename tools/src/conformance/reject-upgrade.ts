import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Milliseconds that a refused client gets to read its answer, and to end the connection. */
const REFUSAL_TIMEOUT = 2_000;

/** Answers an opening handshake with an HTTP response, and ends the connection (RFC 6455 §4.2.2). */
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
  // What the client has sent besides must be read: closing with unread bytes would reset the connection, and the answer
  // might be lost.
  socket.resume();
}
