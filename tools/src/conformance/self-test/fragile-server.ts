import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { STANDARD } from './echo-behaviour.ts';
import { agentServer } from './probing.ts';

/** Returns whether a server breaks now: what it has received, and how many connections it has. */
type Breaks = (bytes: Buffer, connections: number) => boolean;

/** Creates an echo server that closes all its connections and accepts no more once `breaks` returns true. */
export function fragileServer(breaks: Breaks): Server {
  const http = agentServer(STANDARD);
  const sockets = new Set<Duplex>();
  let isBroken = false;
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const look = (bytes: Buffer): void => {
      isBroken ||= breaks(bytes, sockets.size);
      if (!isBroken) return;
      for (const one of sockets) one.destroy();
    };
    look(Buffer.alloc(0));
    socket.on('data', look);
  });
  return http;
}

/** What breaks servers, and the titles of the cases that find each. */
export const FRAGILE_SERVERS: readonly (readonly [cause: string, breaks: Breaks, titles: readonly string[]])[] = [
  [
    'bytes that are not frames',
    (bytes: Buffer) => bytes.includes(Buffer.alloc(100, 0xff)),
    ['Octets that are not valid frames'],
  ],
  [
    'a long frame',
    (bytes: Buffer) => bytes[0] === 0x82 && bytes[1] === 0xff,
    ['The header of a frame of 2^63 - 1 bytes', 'The header of a frame of 4 GiB, on ten connections'],
  ],
  [
    'many connections',
    (_: Buffer, connections: number) => connections > 10,
    ['100 connections reset within a frame', '100 incomplete requests'],
  ],
  ['bytes that are not HTTP', (bytes: Buffer) => bytes[0] === 0x16, ['Octets that are not HTTP']],
  ['frames without a mask', (bytes: Buffer) => bytes[0] === 0x81 && bytes[1] === 1, ['Unmasked frames']],
  [
    'a second request',
    (bytes: Buffer) => bytes.indexOf('GET') !== bytes.lastIndexOf('GET'),
    ['A second request directly after the first'],
  ],
  ['a long header', (bytes: Buffer) => bytes.includes('x'.repeat(10_000)), ['A request with a header of 1 MiB']],
];
