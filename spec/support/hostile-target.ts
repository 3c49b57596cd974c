/**
 * A process under attack: a server, or a client that connects when it receives the port. It reports its longest stall and the
 * memory that it holds.
 */
import { openSync, readSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from '../../src/websocket/index.ts';

/** How the target handles messages: it ignores them, echoes text, iterates over them, or pauses at the first message. */
export type Handling = 'ignore' | 'echo' | 'loop' | 'pause';

export interface TargetReport {
  /** Milliseconds of the longest turn of the event loop since the last report. */
  readonly stall: number;
  /** Bytes that the process holds after a garbage collection. */
  readonly held: number;
  readonly receiveMemory: number;
}

export type TargetOrder = { readonly order: 'report' } | { readonly order: 'connect'; readonly port: number };

const [role, handling] = process.argv.slice(2) as ['server' | 'client', Handling];

/** On Linux, the kernel reports the CPU time of this thread, so other processes do not distort the measurement. */
const schedstat = process.platform === 'linux' ? openSync(`/proc/self/task/${process.pid}/schedstat`, 'r') : null;
const text = Buffer.alloc(100);

/** Milliseconds of CPU time that this thread has used; elsewhere, elapsed time. */
function runTime(): number {
  if (schedstat === null) return performance.now();
  return Number.parseInt(text.toString('latin1', 0, readSync(schedstat, text, 0, text.length, 0)), 10) / 1e6;
}

let longest = 0;
let last = runTime();
function turn(): void {
  const now = runTime();
  longest = Math.max(longest, now - last);
  last = now;
  setImmediate(turn);
}

async function use(socket: WebSocket): Promise<void> {
  socket.on('error', () => {});
  // The attack is complete when its last message arrives.
  socket.on('message', (data) => (data as Buffer).length === 4 && String(data) === 'done' && process.send!('done'));
  if (handling === 'echo') socket.on('message', (data, binary) => !binary && socket.send(data as Buffer, { binary }));
  if (handling === 'pause') socket.on('message', () => socket.pause());
  if (handling === 'loop') for await (const _ of socket);
}

const server = role === 'server' ? new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true }) : null;
server?.on('connection', (socket) => void use(socket));
server?.on('listening', () => process.send!((server.address() as AddressInfo).port));

async function report(): Promise<TargetReport> {
  const stall = longest;
  // Waits, because the memory of Buffers is freed some time after a garbage collection.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  longest = 0;
  last = runTime();
  return { stall, held: heapUsed + external, receiveMemory: server?.metrics().receiveMemory ?? 0 };
}

process.on('message', (order: TargetOrder) => {
  if (order.order === 'report') void report().then((result) => process.send!(result));
  else void use(new WebSocket(`ws://127.0.0.1:${order.port}`));
});
turn();
