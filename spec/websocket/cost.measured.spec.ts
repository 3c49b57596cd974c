import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BlockWriter, type CodeLength, lengths } from '../support/deflate-blocks.ts';
import { type FrameDescription, frame } from '../support/frames.ts';
import { belongsToRun, isFullRun } from '../support/full-run.ts';
import { HostileTarget, send } from '../support/hostile-target-process.ts';
import { RawPeer, rawServer, upgradeResponse } from '../support/raw-peer.ts';
import { messages, openClient } from '../support/sockets.ts';

const MIB = 1024 * 1024;
const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

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

/** The runs of `npm test`: the floods that take longest, in the role and with the handling in which they do so. */
const SHORT_RUN: readonly string[] = [
  'server, ignore: messages with many blocks with BFINAL',
  'server, ignore: fragments of one byte',
  'server, echo: messages of empty dynamic blocks',
  'server, loop: messages that inflate to 64 KiB',
  'client, echo: short compressed messages',
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
    return belongsToRun(name, SHORT_RUN.includes(name));
  });

/** A server that completes the opening handshake with permessage-deflate, for a client. */
function acceptClient(target: HostileTarget): Promise<RawPeer> {
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
      const target = new HostileTarget(role, handling);
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
    const target = new HostileTarget('server', 'echo');
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
