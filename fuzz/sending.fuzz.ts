import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { constants, inflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { parseFrame, parseFrames } from '../spec/support/frames.ts';
import { HeldTransport, nextTurns, openHeld } from '../spec/support/held-transport.ts';
import { WebSocket, WebSocketServer } from '../src/websocket/index.ts';
import { type Received, Sender, type Step, sendings, steps } from './support/sendings.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const KIB = 1024;
const ROLES = ['server', 'server with permessage-deflate', 'server without context takeover', 'client'] as const;

interface Opened {
  readonly sender: Sender;
  readonly socket: WebSocket;
  readonly transport: HeldTransport;
  sendMemory(): number;
}

/** Opens a WebSocket on a transport whose peer reads when a step requests it. */
async function open(role: (typeof ROLES)[number], maxBackpressure: number): Promise<Opened> {
  if (role === 'client') {
    const socket = new WebSocket(null);
    const transport = new HeldTransport();
    transport.stall();
    socket._isServer = false;
    socket.setSocket(transport, Buffer.alloc(0), { maxBackpressure });
    const sender = new Sender(socket, null);
    // A client has no metrics, so its bufferedAmount is used.
    return { sender, socket, transport, sendMemory: () => socket.bufferedAmount };
  }
  const deflate = { server: '', 'server with permessage-deflate': 'permessage-deflate' } as Record<string, string>;
  const extensions = deflate[role] ?? 'permessage-deflate; server_no_context_takeover';
  const { server, socket, transport } = await openHeld({ maxBackpressure, perMessageDeflate: true }, extensions);
  const sender = new Sender(socket, (data, options) => server.broadcast(data, options));
  return { sender, socket, transport, sendMemory: () => server.metrics().sendMemory };
}

const TYPES = ['', 'text', 'binary', '', '', '', '', '', 'close', 'ping', 'pong'];

/** Reads the messages and control frames in the bytes. It shares no code with `src`. */
function read(bytes: Buffer): { messages: Received[]; controls: Received[] } {
  const [messages, controls]: Received[][] = [[], []];
  let fragments: Buffer[] = [];
  let [type, isCompressed] = ['', false];
  let window = Buffer.alloc(0);
  for (const { fin, rsv, opcode, payload } of parseFrames(bytes)) {
    if (opcode >= 8) {
      controls!.push([TYPES[opcode]!, payload]);
      continue;
    }
    if ((opcode === 0) === (fragments.length === 0)) throw new Error('A fragment is out of sequence');
    if (opcode !== 0) [type, isCompressed] = [TYPES[opcode]!, rsv === 4];
    fragments.push(payload);
    if (!fin) continue;
    let message = Buffer.concat(fragments);
    if (isCompressed) {
      const tail = Buffer.of(0, 0, 0xff, 0xff);
      message = inflateRawSync(Buffer.concat([message, tail]), {
        finishFlush: constants.Z_SYNC_FLUSH,
        dictionary: window,
      });
      window = Buffer.concat([window, message]).subarray(-32 * KIB);
    }
    messages!.push([type, message]);
    fragments = [];
  }
  return { messages: messages!, controls: controls! };
}

/** Expects the same messages. Reports only their lengths. */
function expectSame(received: readonly Received[], sent: readonly Received[]): void {
  const summary = (list: readonly Received[]): string[] => list.map(([type, { length }]) => `${type} ${length}`);
  expect(summary(received)).toEqual(summary(sent));
  const different = sent.findIndex(([, bytes], index) => !bytes.equals(received[index]![1]));
  expect({ different }).toEqual({ different: -1 });
}

/** Expects that each callback has been called once, in order. */
function expectCalled({ called, passed }: Sender): void {
  expect(called).toEqual(passed);
}

/** Expects that each callback has been called once, in any order. */
function expectCalledOnce({ called, passed }: Sender): void {
  for (const kind of ['message', 'control'] as const) {
    expect(called[kind].toSorted((one, other) => one - other)).toEqual(passed[kind]);
  }
}

/** Expects that the peer has read every message whose callback was called without an error. */
function expectRead({ succeeded, frames }: Sender, transport: HeldTransport): void {
  const counts = { message: 0, control: 0 };
  for (let parsed = parseFrame(transport.received); parsed !== null; parsed = parseFrame(parsed.rest)) {
    counts[parsed.frame.opcode < 8 ? 'message' : 'control']++;
  }
  for (const kind of ['message', 'control'] as const) {
    expect(frames[kind].slice(counts[kind]).filter((number) => succeeded.has(number))).toEqual([]);
  }
}

/** Runs the steps of the application and its peer. */
async function take(all: readonly Step[], { sender, transport, socket, sendMemory }: Opened): Promise<void> {
  for (const step of all) {
    if (sender.take(step)) {
      expect(sendMemory()).toBeGreaterThanOrEqual(socket.bufferedAmount);
      continue;
    }
    // The peer reads in a later turn of the event loop.
    await nextTurns(1);
    if (step.kind === 'read') transport.read1(step.count);
    else if (step.kind === 'stall') transport.stall();
    else if (step.kind === 'read on') transport.readOn();
  }
}

/** Waits for a condition, because compression on threads takes time. */
async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition() && performance.now() < end) await nextTurns(1);
}

describe('with any messages and any reading of the peer', () => {
  it.each(ROLES)('a %s sends in order, calls callbacks in order, and keeps no memory', async (role) => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const opened = await open(role, 0);
        const { sender, socket, transport, sendMemory } = opened;
        await take(all, opened);
        sender.finish();
        transport.readOn();
        await until(() => sender.isDone && socket.bufferedAmount === 0);
        await nextTurns(2);
        const { messages, controls } = read(transport.received);
        expectSame(messages, sender.messages);
        expectSame(controls, sender.controls);
        expectCalled(sender);
        expect(sender.succeeded.size).toBe(sender.called.message.length + sender.called.control.length);
        expect([socket.bufferedAmount, sendMemory()]).toEqual([0, 0]);
        socket.terminate();
        await nextTurns(2);
        expectCalled(sender);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });

  it.each(ROLES)(
    'a terminated %s calls each callback once, with an error unless the peer has read the message',
    async (role) => {
      await fc.assert(
        fc.asyncProperty(steps, fc.boolean(), async (all, fails) => {
          const opened = await open(role, 0);
          const { sender, socket, transport, sendMemory } = opened;
          socket.on('error', () => {});
          await take(all, opened);
          const closed = new Promise((resolve) => socket.on('close', resolve));
          if (fails) transport.destroy(new Error('reset'));
          else socket.terminate();
          sender.finish();
          await closed;
          await until(() => sender.isDone);
          await nextTurns(2);
          expectCalledOnce(sender);
          expectRead(sender, transport);
          // What is being compressed counts until that is done.
          if (role !== 'client') await until(() => sendMemory() === 0);
        }),
        { numRuns: Math.ceil(RUNS / 8) },
      );
    },
  );

  it.each(ROLES)(
    'a %s fails the connection to a peer that never reads, and keeps memory close to its limit',
    async (role) => {
      await fc.assert(
        fc.asyncProperty(sendings, fc.integer({ min: 1, max: 64 * KIB }), async (all, limit) => {
          const opened = await open(role, limit);
          const { sender, socket, sendMemory } = opened;
          const codes: unknown[] = [];
          socket.on('error', (error) => void codes.push((error as NodeJS.ErrnoException).code));
          const closed = new Promise((resolve) => socket.on('close', resolve));
          for (let index = 0; ; index++) {
            const step = all[index % all.length]!;
            if (!sender.take(step)) await nextTurns(1);
            // The bufferedAmount of a client also counts what was passed to `send()` too late.
            if (socket.readyState !== WebSocket.OPEN) break;
            // A message is accepted until three times the limit is kept, and it may wait in a block of 64 KiB.
            expect(sendMemory()).toBeLessThanOrEqual(3 * limit + sender.largestMemory + 66 * KIB);
          }
          await closed;
          await until(() => sender.isDone);
          await nextTurns(2);
          expect(codes).toEqual(['WS_ERR_BACKPRESSURE']);
          expectCalledOnce(sender);
          // What zlib compresses at the end counts until it is done.
          if (role !== 'client') await until(() => sendMemory() === 0);
        }),
        { numRuns: Math.ceil(RUNS / 20) },
      );
    },
  );
});

/** More bytes than the buffers of a new socket take. */
const STALLING_BYTES = 5 * KIB * KIB;

describe('ws as the peer', () => {
  it.each([false, true])(
    'receives everything that a server or client sends, with perMessageDeflate %s',
    async (perMessageDeflate) => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxBackpressure: 0, perMessageDeflate });
      const other = new ws.WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
      await Promise.all([once(server, 'listening'), once(other, 'listening')]);
      const urlOf = (address: unknown): string => `ws://127.0.0.1:${(address as AddressInfo).port}`;
      await fc.assert(
        fc.asyncProperty(steps, fc.boolean(), fc.boolean(), async (all, isServer, stalls) => {
          const peer = isServer ? new ws.WebSocket(urlOf(server.address()), { perMessageDeflate }) : null;
          const client = isServer
            ? null
            : new WebSocket(urlOf(other.address()), { perMessageDeflate, maxBackpressure: 0 });
          const [[end]] = await Promise.all([
            once(isServer ? server : other, 'connection'),
            once((peer ?? client)!, 'open'),
          ]);
          const socket: WebSocket = client ?? end;
          const reader: ws.WebSocket = peer ?? end;
          const sender = new Sender(socket, isServer ? (data, options) => void server.broadcast(data, options) : null);
          const [messages, controls]: Received[][] = [[], []];
          reader.on('message', (data, isBinary) => messages!.push([isBinary ? 'binary' : 'text', data as Buffer]));
          reader.on('ping', (data) => controls!.push(['ping', data]));
          reader.on('pong', (data) => controls!.push(['pong', data]));
          if (stalls) {
            reader.pause();
            const options = { fin: true, compress: false, callback: true };
            sender.take({ kind: 'message', form: 'Buffer', length: STALLING_BYTES, times: 1, options });
          }
          for (const step of all) {
            if (sender.take(step)) continue;
            if (step.kind === 'stall') reader.pause();
            else if (step.kind === 'read on') reader.resume();
            else await nextTurns(1);
          }
          sender.finish();
          reader.resume();
          const count = (): number => messages!.length + controls!.length;
          const isComplete = (): boolean => count() >= sender.messages.length + sender.controls.length;
          await until(() => sender.isDone && socket.bufferedAmount === 0 && isComplete());
          expectSame(messages!, sender.messages);
          expectSame(controls!, sender.controls);
          expectCalled(sender);
          expect([socket.bufferedAmount, server.metrics().sendMemory]).toEqual([0, 0]);
          reader.terminate();
          socket.terminate();
          await until(() => server.clients.size === 0);
        }),
        { numRuns: Math.ceil(RUNS / 40) },
      );
      server.close();
      other.close();
    },
  );
});
