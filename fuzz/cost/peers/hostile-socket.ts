import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Reading } from '../scenario.ts';

const STALL = 200;
const READ = 20;

/** Reads from the socket as the scenario specifies. */
export function read(socket: Socket, reading: Reading): void {
  socket.on('error', () => {});
  if (reading === 'nothing') socket.pause();
  else socket.on('data', () => {});
  if (reading !== 'now and then') return;
  const timer = setInterval(() => {
    socket.resume();
    setTimeout(() => socket.pause(), READ).unref();
  }, STALL);
  socket.on('close', () => clearInterval(timer));
}

/**
 * Writes chunks until the other side disconnects or has not read for `patience` milliseconds. Lets the other peers run after
 * each chunk that the socket accepts.
 */
export async function write(
  socket: Socket,
  chunks: Iterable<Buffer>,
  signal: AbortSignal,
  patience = 500,
): Promise<void> {
  socket.setNoDelay();
  for (const chunk of chunks) {
    if (socket.destroyed || signal.aborted) return;
    const isRoom = socket.write(chunk);
    if (isRoom) await new Promise((resolve) => setImmediate(resolve));
    else if (!(await drained(socket, patience, signal))) return;
  }
}

async function drained(socket: Socket, patience: number, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  const either = { signal: AbortSignal.any([signal, over.signal]) };
  await Promise.race([
    once(socket, 'drain', either),
    once(socket, 'close', either),
    wait(patience, undefined, either),
  ]).catch(() => {});
  over.abort();
  return !socket.destroyed && !socket.writableNeedDrain;
}
