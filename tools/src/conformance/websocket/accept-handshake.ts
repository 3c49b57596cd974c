import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptFor, VERSION } from './protocol.ts';

/** A request to upgrade: the arguments of the HTTP server's 'upgrade' event. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** Octets that arrived after the request. */
  readonly head: Buffer;
}

/** Accepts an opening handshake, RFC 6455 §4.2.2, item 5, and returns the response. `fields` adds lines to the header. */
export function acceptHandshake({ request, socket }: UpgradeRequest, fields: readonly string[] = []): string {
  const accept = acceptFor(request.headers['sec-websocket-key'] ?? '');
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`, ...fields];
  const response = ['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n');
  socket.write(response);
  return response;
}

/** A request for a log: its head, in quotes. */
export function requestText({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  return JSON.stringify([`${method} ${url} HTTP/${httpVersion}`, ...fieldLines(rawHeaders), '', ''].join('\r\n'));
}

/** The lines of header fields that are names and values in turn. */
export function fieldLines(rawHeaders: readonly string[]): string[] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
}

/** Milliseconds that the client may take to end a rejected connection. */
const REJECTION_TIMEOUT = 2_000;

/** Rejects an opening handshake, RFC 6455 §4.2.2: sends an HTTP response, and ends the connection. */
export function rejectHandshake(
  { socket }: UpgradeRequest,
  status: number,
  text: string,
  fields: readonly string[] = [],
): void {
  const lines = [
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, ...fields, '', text].join('\r\n'));
  const timer = setTimeout(() => socket.destroy(), REJECTION_TIMEOUT);
  socket.on('close', () => clearTimeout(timer));
  // Closing a socket with unread octets would reset the connection, and the client might lose the response.
  socket.resume();
}

/** What makes a request unacceptable, RFC 6455 §4.2.1; undefined if nothing does. */
export function handshakeFault({
  method,
  headers,
}: IncomingMessage):
  | { readonly status: number; readonly text: string; readonly fields?: readonly string[] }
  | undefined {
  if (method !== 'GET') return { status: 405, text: 'The method must be GET', fields: ['Allow: GET'] };
  const protocols = headers.upgrade?.split(',').map((protocol) => protocol.trim().toLowerCase());
  if (!protocols?.includes('websocket')) return { status: 400, text: 'Upgrade must contain "websocket"' };
  if (!/^[+/\dA-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')) {
    return { status: 400, text: 'Sec-WebSocket-Key must be the base64 of 16 bytes' };
  }
  if (headers['sec-websocket-version'] === VERSION) return undefined;
  const fields = [`Sec-WebSocket-Version: ${VERSION}`, 'Upgrade: websocket'];
  return { status: 426, text: `Sec-WebSocket-Version must be ${VERSION}`, fields };
}
