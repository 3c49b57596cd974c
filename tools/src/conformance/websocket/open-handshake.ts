import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type HeaderFields, HTTP_1 } from '../raw-connection.ts';
import { parseServerUrl } from '../server-url.ts';
import type { WireLog } from '../wire-log.ts';
import { acceptFor, VERSION } from './protocol.ts';
import { parseStrictHead, type ResponseHead, readResponseHead } from './response-head.ts';

/** Milliseconds within which the server must respond. */
export const HANDSHAKE_TIME_LIMIT = 10_000;

/** An open connection. */
export interface Opened {
  readonly transport: Duplex;
  /** Octets that arrived after the response. The transport is paused. */
  readonly head: Buffer;
  /** The value of Sec-WebSocket-Extensions. */
  readonly extensions: string | undefined;
}

export interface OpenOptions {
  /** Milliseconds within which the server must respond. Default: 10,000. */
  readonly timeLimit?: number;
  /** Header fields that are sent besides those of the opening handshake. */
  readonly headers?: HeaderFields | undefined;
  /** Records the request and the response. */
  readonly log?: WireLog;
}

/**
 * Performs the opening handshake of a client, RFC 6455 §4.1.
 *
 * @param offers the value of Sec-WebSocket-Extensions
 */
export async function openHandshake(
  url: string,
  offers: string | undefined,
  { timeLimit = HANDSHAKE_TIME_LIMIT, headers = {}, log }: OpenOptions = {},
): Promise<Opened> {
  const { host, target } = parseServerUrl(url);
  const key = randomBytes(16).toString('base64');
  const required: HeaderFields = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Version': VERSION,
    ...(offers !== undefined && { 'Sec-WebSocket-Extensions': offers }),
  };
  const names = Object.keys(required).map((name) => name.toLowerCase());
  const own = Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase()));
  const hasHost = own.some(([name]) => name.toLowerCase() === 'host');
  const fields = [...(hasHost ? [] : [['Host', host]]), ...own, ...Object.entries(required)];
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  const request = [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n');
  log?.add('tester', JSON.stringify(request));
  const socket = connect(url, HTTP_1);
  // The timeout of a socket would begin anew with each octet.
  const timer = setTimeout(() => socket.destroy(new Error(`no response within ${timeLimit} ms`)), timeLimit);
  try {
    const response = readResponseHead(socket);
    socket.write(request, 'latin1');
    const { text, rest } = await response;
    log?.add('agent', JSON.stringify(`${text}\r\n\r\n`));
    const parsed = parseStrictHead(text);
    const fault = responseFault(parsed, acceptFor(key));
    if (fault !== '') throw new Error(fault);
    return { transport: socket, head: rest, extensions: parsed.fields['sec-websocket-extensions'] };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** What makes a response invalid, RFC 6455 §4.1; empty if nothing does. */
function responseFault({ status, fields }: ResponseHead, accept: string): string {
  if (status !== 101) return `wrong status; expected 101; received ${status}`;
  const { upgrade = 'none', connection = 'none', 'sec-websocket-accept': received = 'none' } = fields;
  if (upgrade.toLowerCase() !== 'websocket') return `wrong Upgrade; expected websocket; received ${upgrade}`;
  const tokens = connection.split(',').map((token) => token.trim().toLowerCase());
  if (!tokens.includes('upgrade')) return `wrong Connection; expected Upgrade; received ${connection}`;
  return received === accept ? '' : `wrong Sec-WebSocket-Accept; expected ${accept}; received ${received}`;
}
