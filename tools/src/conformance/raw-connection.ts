import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { parseWebSocketUrl } from './websocket-url.ts';

/** A connection to a server under test, over TLS with any certificate: it is the protocol that is tested. */
export function connect(url: string, options: ConnectionOptions = {}): Socket {
  const { hostname, port, secure, socketPath } = parseWebSocketUrl(url);
  const to = socketPath === undefined ? { host: hostname, port: Number(port) } : { path: socketPath };
  const socket = secure ? connectTls({ ...to, rejectUnauthorized: false, ...options }) : connectTcp(to);
  return socket.setNoDelay();
}

/** Puts the host of a server, and the request target, where `HOST` and `PATH` stand. */
export function addressed(text: string, url: string): string {
  const { url: target, path } = parseWebSocketUrl(url);
  return text.replaceAll('HOST', target.host || 'localhost').replaceAll('PATH', path);
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
