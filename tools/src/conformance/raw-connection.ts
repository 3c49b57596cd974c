import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { parseServerUrl } from './server-url.ts';

/** Connects to a server under test. Over TLS, any certificate is accepted: the cases test the protocol. */
export function connect(url: string, options: ConnectionOptions = {}): Socket {
  const { hostname: host, port, secure } = parseServerUrl(url);
  const socket = secure
    ? connectTls({ host, port, rejectUnauthorized: false, ...options })
    : connectTcp({ host, port });
  return socket.setNoDelay();
}

/** Replaces `HOST` by the host of a server, and `PATH` by the request target. */
export function fillPlaceholders(text: string, url: string): string {
  const { host, target } = parseServerUrl(url);
  return text.replaceAll('HOST', host).replaceAll('PATH', target);
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
