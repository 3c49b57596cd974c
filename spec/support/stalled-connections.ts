import { onTestFinished } from 'vitest';
import type { ServerOptions } from '../../src/websocket/index.ts';
import { type HeldConnection, nextTurns, openHeld } from './held-transport.ts';

export const KIB = 1024;
export const DEFLATE = 'permessage-deflate';

/** Opens a connection whose peer reads only when the test requests it. Terminates it at the end of the test. */
export async function openStalled(options: ServerOptions = {}, extensions = ''): Promise<HeldConnection> {
  const connection = await openHeld(options, extensions);
  connection.socket.on('error', () => {});
  onTestFinished(() => connection.socket.terminate());
  return connection;
}

export const sendMemory = ({ server }: HeldConnection): number => server.metrics().sendMemory;

/** The number of bytes of an unmasked frame. */
export const frameBytes = (length: number): number => length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Starts two writes that the transport does not complete. Everything sent after them waits in the backlog. */
export async function fillTransport({ socket }: HeldConnection): Promise<void> {
  for (const text of ['first', 'second']) {
    socket.send(text);
    await nextTurns();
  }
}
export const IN_TRANSPORT = frameBytes(5) + frameBytes(6);

/** Whether `sendAll()` sends the payload with this index in a ping. */
export const isPing = (index: number): boolean => index % 4 === 3;

/** Sends payloads of these lengths in turn as text, binary, broadcast and ping. Returns the number of bytes of their frames. */
export async function sendAll({ socket, server }: HeldConnection, lengths: readonly number[]): Promise<number> {
  let bytes = 0;
  for (const [index, length] of lengths.entries()) {
    const payload = Buffer.alloc(length, 97 + (index % 26));
    if (index % 4 === 0) socket.send(String(payload));
    else if (index % 4 === 1) socket.send(payload);
    else if (index % 4 === 2) server.broadcast(payload);
    else socket.ping(payload.subarray(0, 125));
    bytes += frameBytes(isPing(index) ? Math.min(length, 125) : length);
    if (index % 3 === 0) await nextTurns(1);
  }
  await nextTurns();
  return bytes;
}

/** Many small lengths and some large ones. The last one is large. */
export const LENGTHS = Array.from({ length: 407 }, (_, index) => (index % 29 === 0 ? 20 * KIB : (index * 37) % 300));

/** Ways to lose a connection. */
export const ENDS: [string, (connection: HeldConnection) => void][] = [
  ['the transport is destroyed', ({ transport }) => void transport.destroy()],
  ['the transport fails', ({ transport }) => void transport.destroy(new Error('reset'))],
  ['terminate() is called', ({ socket }) => socket.terminate()],
];

/** The calls of callbacks: the number of the message, and the code of the error or ''. */
export type Calls = [number: number, code: string][];

export function noting(calls: Calls, number: number): (error?: Error) => void {
  return (error) => {
    const { code = error === undefined ? '' : error.message } = (error ?? {}) as NodeJS.ErrnoException;
    calls.push([number, code]);
  };
}
