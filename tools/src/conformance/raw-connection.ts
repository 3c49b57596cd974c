import { connect as connectTcp, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls';
import { parseServerUrl } from './server-url.ts';

/** Connects to a server under test. Over TLS, any certificate is accepted: the cases test the protocol. */
export function connect(url: string, options: ConnectionOptions = {}): Socket {
  const { hostname: host, port, secure } = parseServerUrl(url);
  const socket = secure
    ? connectTls({ host, port, rejectUnauthorized: false, ...options })
    : connectTcp({ host, port });
  return socket.setNoDelay();
}

/** Makes a server that prefers HTTP/2 use HTTP/1.1. */
export const HTTP_1: ConnectionOptions = { ALPNProtocols: ['http/1.1'] };

/** Resets a connection, or over TLS, for which Node.js has no reset, ends it at once. */
export function reset(socket: Duplex): void {
  if (socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
  else socket.destroy();
}

/** Header fields by name. */
export type HeaderFields = Readonly<Record<string, string>>;

/**
 * Replaces `HOST` by the host of a server, and `PATH` by the request target. Adds header fields to each request, except those
 * that the request has itself. A field `Host` replaces the host.
 */
export function fillPlaceholders(text: string, url: string, fields: HeaderFields = {}): string {
  const { host, target } = parseServerUrl(url);
  const named = Object.entries(fields);
  const ownHost = named.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? host;
  const filled = text.replaceAll('HOST', ownHost).replaceAll('PATH', target);
  const others = named.filter(([name]) => name.toLowerCase() !== 'host');
  if (others.length === 0) return filled;
  return filled.replace(/^[^\r\n]* HTTP\/\d\.\d\r\n/gm, (line, offset: number) => {
    const rest = filled.slice(offset + line.length);
    const head = rest.split('\r\n\r\n', 1)[0]!.toLowerCase();
    const missing = others.filter(([name]) => !`\n${head}`.includes(`\n${name.toLowerCase()}:`));
    return line + missing.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  });
}

/** Sends bytes in writes of this size, one after the other. Stops when the socket is no longer writable. */
export async function sendInWrites(
  socket: Duplex,
  bytes: Buffer,
  size: number = bytes.length,
  pause: () => Promise<unknown> = nextTurn,
): Promise<void> {
  for (let start = 0; start < bytes.length && socket.writable; start += size) {
    await new Promise<void>((resolve) => socket.write(bytes.subarray(start, start + size), () => resolve()));
    await pause();
  }
}
