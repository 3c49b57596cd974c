import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { parseServerUrl } from './server-url.ts';

/** A connection to a server under test, over TLS with any certificate: it is the protocol that is tested. */
export function connect(url: string, options: ConnectionOptions = {}): Socket {
  const { hostname: host, port, secure } = parseServerUrl(url);
  const socket = secure
    ? connectTls({ host, port, rejectUnauthorized: false, ...options })
    : connectTcp({ host, port });
  return socket.setNoDelay();
}

/** Puts the host of a server, and the request target, where `HOST` and `PATH` stand. */
export function addressed(text: string, url: string): string {
  const { host, target } = parseServerUrl(url);
  return text.replaceAll('HOST', host).replaceAll('PATH', target);
}

/** Sends bytes in writes of that size, each of which is gone before the next; stops when the other end takes no more. */
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
