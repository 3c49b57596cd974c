import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bundleProgram } from '../support/bundled-program.ts';
import { ChildProgram } from '../support/child-program.ts';
import { BlockWriter, type CodeLength, lengths } from '../support/deflate-blocks.ts';
import { type FrameDescription, frame } from '../support/frames.ts';
import { isDue, isFullRun } from '../support/full-run.ts';
import type { Handling, TargetOrder, TargetReport } from '../support/hostile-target.ts';
import { RawPeer, rawServer, upgradeResponse } from '../support/raw-peer.ts';
import { messages, openClient } from '../support/sockets.ts';

const MIB = 1024 * 1024;
const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };

class Target {
  readonly #program: ChildProgram;

  constructor(role: 'server' | 'client', handling: Handling) {
    const file = bundleProgram(new URL('../support/hostile-target.ts', import.meta.url));
    // With a fixed heap, a fault ends the process.
    const execArgv = ['--expose-gc', '--max-old-space-size=64'];
    this.#program = new ChildProgram(file, { args: [role, handling], execArgv });
  }

  async next<T>(): Promise<T> {
    const ended = this.#program.ended().then((status) => Promise.reject(new Error(`The target ended: ${status}`)));
    return (await Promise.race([once(this.#program.process, 'message'), ended]))[0];
  }

  order(order: TargetOrder): void {
    this.#program.process.send(order);
  }

  async report(): Promise<TargetReport> {
    const report = this.next<TargetReport>();
    this.order({ order: 'report' });
    return report;
  }
}

/** Writes bytes and waits until the kernel has taken them. */
async function send(peer: RawPeer, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => void peer.socket.write(bytes, () => resolve()));
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const fragment = frame({ opcode: 0, fin: false, payload: 'a' });
const pong = frame({ opcode: 10, payload: Buffer.alloc(125) });

/** What a peer sends over each of a number of connections, and never completes. */
const HOARDS: readonly (readonly [
  title: string,
  connections: number,
  send: (peer: RawPeer) => Promise<void>,
  handling: Handling,
])[] = [
  [
    'fragments of one byte between pongs',
    1,
    async (peer) => {
      await send(peer, frame({ opcode: 2, fin: false, payload: 'a' }));
      const block = Buffer.concat([fragment, ...Array(124).fill(pong)]);
      for (let round = 0; round < 40; round++) await send(peer, Buffer.concat(Array(50).fill(block)));
    },
    'ignore',
  ],
  [
    'many fragments of one byte',
    100,
    (peer) => send(peer, Buffer.concat([frame({ opcode: 2, fin: false }), ...Array(16_000).fill(fragment)])),
    'ignore',
  ],
  [
    'a frame in segments of one byte',
    2,
    async (peer) => {
      await send(peer, Buffer.of(0x82, 0xff, 0, 0, 0, 0, 0, 0x0f, 0, 0, 0, 0, 0, 0));
      for (let byte = 0; byte < 10_000; byte++) await send(peer, Buffer.of(0x61));
    },
    'ignore',
  ],
  [
    'small messages to an application that does not read them',
    200,
    (peer) => send(peer, Buffer.concat(Array(10_000).fill(frame({ opcode: 2, payload: 'a' })))),
    'pause',
  ],
];

describe('what peers make a server hold is what its metrics count', () => {
  it.each(HOARDS)(
    '%s',
    async (_, connections, hoard, handling) => {
      const target = new Target('server', handling);
      const port = await target.next<number>();
      const peers = await Promise.all(times(connections, () => RawPeer.open(port)));
      for (const peer of peers) peer.socket.resume();
      const before = await target.report();
      // What is not read any more is not taken by the kernel either.
      await Promise.race([Promise.all(peers.map(hoard)), handling === 'pause' ? wait(2000) : new Promise(() => {})]);
      await wait(200);
      const after = await target.report();
      expect(after.receiveMemory).toBeGreaterThan(connections * 1000);
      expect(after.held - before.held).toBeLessThanOrEqual(2 * after.receiveMemory + 8 * MIB);
      expect(after.receiveMemory).toBeLessThan(32 * MIB);
    },
    60_000,
  );
});

type MakeFrame = (init: FrameDescription) => Buffer;
const shortMessage = deflateRawSync('{"id":1,"text":"hello, hello"}', { finishFlush: constants.Z_SYNC_FLUSH });
/** Dynamic blocks that take the longest to read for the bytes they have: few codes, of up to 15 bits. */
const dynamicBlocks = ((): Buffer => {
  const literals = lengths(257, {
    ...Object.fromEntries(Array.from({ length: 14 }, (_, n) => [n, n + 1])),
    14: 15,
    256: 15,
  });
  const sequence: CodeLength[] = [...literals.slice(0, 15), [18, 127], [18, 92], 15, 1];
  const writer = new BlockWriter();
  for (let count = 0; count < 80; count++) writer.dynamic(literals, [1], sequence).end();
  return writer.flush().toBuffer();
})();
const zeros = deflateRawSync(Buffer.alloc(64 * 1024));

/** What takes long for the bytes it has. */
const FLOODS: readonly (readonly [title: string, make: (frameOf: MakeFrame) => Buffer])[] = [
  ['empty compressed messages', (frameOf) => frameOf({ opcode: 1, rsv: 4, payload: Buffer.of(0) })],
  ['compressed messages without a payload', (frameOf) => frameOf({ opcode: 1, rsv: 4 })],
  ['empty compressed messages in a longer form', (frameOf) => frameOf({ opcode: 1, rsv: 4, payload: Buffer.of(2, 0) })],
  ['short compressed messages', (frameOf) => frameOf({ opcode: 1, rsv: 4, payload: shortMessage.subarray(0, -4) })],
  [
    'messages with many blocks with BFINAL',
    (frameOf) => frameOf({ opcode: 2, rsv: 4, payload: Buffer.alloc(8, Buffer.of(3, 0)) }),
  ],
  ['messages of empty dynamic blocks', (frameOf) => frameOf({ opcode: 2, rsv: 4, payload: dynamicBlocks })],
  ['messages that inflate to 64 KiB', (frameOf) => frameOf({ opcode: 2, rsv: 4, payload: zeros })],
  ['empty messages', (frameOf) => frameOf({ opcode: 1 })],
  ['messages of one byte', (frameOf) => frameOf({ opcode: 1, payload: 'a' })],
  ['pings', (frameOf) => frameOf({ opcode: 9 })],
  [
    'fragments of one byte',
    (frameOf) =>
      Buffer.concat([
        frameOf({ opcode: 1, fin: false }),
        ...Array(16_000).fill(frameOf({ opcode: 0, fin: false, payload: 'a' })),
        frameOf({ opcode: 0 }),
      ]),
  ],
];

/** A fifth of it shows whether the work is divided into turns. */
const FLOOD_BYTES = isFullRun ? 1_000_000 : 200_000;

/** The runs of `npm test`: each flood once, in the role and with the handling in which it takes longest or nearly so. */
const SHORT_RUN: readonly string[] = [
  'server, ignore: messages with many blocks with BFINAL',
  'server, ignore: fragments of one byte',
  'server, echo: messages of empty dynamic blocks',
  'server, loop: messages that inflate to 64 KiB',
  'client, ignore: empty compressed messages',
  'client, echo: short compressed messages',
  'client, echo: messages of one byte',
  'client, loop: pings',
];

const RUNS = (['server', 'client'] as const)
  .flatMap((role) =>
    (['ignore', 'echo', 'loop'] as const).flatMap((handling) =>
      FLOODS.map(([title, make]) => [role, handling, title, make] as const),
    ),
  )
  .filter(([role, handling, title]) => {
    const name = `${role}, ${handling}: ${title}`;
    return isFullRun ? isDue(name) : SHORT_RUN.includes(name);
  });

/** A server that completes the opening handshake with permessage-deflate, for a client. */
function acceptClient(target: Target): Promise<RawPeer> {
  return new Promise((resolve) => {
    const started = rawServer(async (peer) => {
      peer.write(upgradeResponse(await peer.readHead(), OFFER));
      resolve(peer);
    });
    void started.then((port) => target.order({ order: 'connect', port }));
  });
}

describe.runIf(RUNS.length > 0)('1 MB from one peer keeps the event loop for at most 50 ms at a time', () => {
  it.each(RUNS)(
    '%s, %s: %s',
    async (role, handling, _, make) => {
      const target = new Target(role, handling);
      const peer =
        role === 'server' ? await RawPeer.open(await target.next<number>(), OFFER) : await acceptClient(target);
      const frameOf: MakeFrame = (init) => frame(role === 'server' ? init : { ...init, mask: false });
      const piece = make(frameOf);
      const flood = Buffer.alloc(Math.ceil(FLOOD_BYTES / piece.length) * piece.length, piece);
      peer.socket.removeAllListeners('data').resume();
      await target.report();
      const done = target.next<string>();
      await send(peer, Buffer.concat([flood, frameOf({ opcode: 1, payload: 'done' })]));
      expect(await done).toBe('done');
      expect((await target.report()).stall).toBeLessThan(50);
    },
    60_000,
  );
});

describe('messages that inflate to the maximum', () => {
  it('do not delay those of other connections: they take turns', async () => {
    const target = new Target('server', 'echo');
    const port = await target.next<number>();
    const bomb = frame({ opcode: 2, rsv: 4, payload: deflateRawSync(Buffer.alloc(16 * MIB - 100)) });
    const peers = await Promise.all(times(20, () => RawPeer.open(port, OFFER)));
    for (const peer of peers) {
      peer.socket.removeAllListeners('data').resume();
      peer.write(...times(20, () => bomb));
    }
    const honest = await openClient(`ws://127.0.0.1:${port}`);
    const text = randomBytes(50 * 1024).toString('hex');
    const delays: number[] = [];
    for (let round = 0; round < 10; round++) {
      const start = performance.now();
      const echoed = messages(honest, 1);
      honest.send(text);
      expect((await echoed)[0]).toHaveLength(text.length);
      delays.push(performance.now() - start);
    }
    expect(delays.sort((a, b) => a - b)[5]).toBeLessThan(150);
  }, 60_000);
});
