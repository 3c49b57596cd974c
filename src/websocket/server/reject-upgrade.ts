import { type OutgoingHttpHeaders, STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Duplex } from 'node:stream';
import { describeValue } from '../../shared/describe-value.ts';

/** Milliseconds after which the connection of a refused client is destroyed. */
const REFUSAL_TIMEOUT = 2_000;

/** Header fields that describe the response. Values of the application are ignored. */
const FRAMING_FIELDS = ['connection', 'content-length', 'transfer-encoding'];

/** The sockets of refused clients that have not closed. */
export type RefusedSockets = Set<Duplex>;

/**
 * Responds to an upgrade request with an error, and ends the connection (RFC 6455 §4.2.2).
 *
 * @param refused contains the socket until it closes
 * @throws Error of node:http for an invalid status or header field. Nothing was sent then
 */
export function rejectUpgrade(
  socket: Duplex,
  refused: RefusedSockets,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders,
): void {
  const response = formatResponse(status, text, headers);
  refused.add(socket);
  const timer = setTimeout(() => socket.destroy(), REFUSAL_TIMEOUT);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(timer);
    refused.delete(socket);
  });
  socket.end(response);
  // Discard what the client has sent after its request: closing a socket with unread data resets the connection, and the
  // response might be lost.
  socket.resume();
}

/** Header fields of an application may contain text of the request: a line break in it must not start another field. */
function formatResponse(status: number, text: string, headers: OutgoingHttpHeaders): string {
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    const message = `Status code of a refusal must be a whole number from 200 to 999; received ${describeValue(status)}`;
    throw Object.assign(new RangeError(message), { code: 'WS_ERR_INVALID_ARGUMENT' });
  }
  // RFC 9110 §6.4.1: these responses have no content.
  const hasContent = status !== 204 && status !== 304;
  const names = Object.keys(headers).filter((name) => headers[name] !== undefined);
  const hasField = (field: string): boolean => names.some((name) => name.toLowerCase() === field);
  // RFC 9110 §7.8: a message with `Upgrade` must name it in `Connection`.
  const lines = [hasField('upgrade') ? 'Connection: close, Upgrade' : 'Connection: close'];
  if (hasContent && text !== '' && !hasField('content-type')) {
    lines.push('Content-Type: text/plain; charset=utf-8');
  }
  if (hasContent) lines.push(`Content-Length: ${Buffer.byteLength(text)}`);
  for (const name of names) {
    validateHeaderName(name);
    if (FRAMING_FIELDS.includes(name.toLowerCase())) continue;
    for (const value of [headers[name]].flat()) {
      validateHeaderValue(name, value as string);
      lines.push(`${name}: ${value}`);
    }
  }
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', hasContent ? text : ''].join('\r\n');
}
