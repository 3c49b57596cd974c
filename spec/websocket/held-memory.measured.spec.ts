import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { frame } from '../support/frames.ts';
import type { Handling } from '../support/hostile-target.ts';
import { HostileTarget, send } from '../support/hostile-target-process.ts';
import { RawPeer } from '../support/raw-peer.ts';

const MIB = 1024 * 1024;

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
    25,
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
    50,
    (peer) => send(peer, Buffer.concat(Array(10_000).fill(frame({ opcode: 2, payload: 'a' })))),
    'pause',
  ],
];

describe('what peers make a server hold is what its metrics count', () => {
  it.each(HOARDS)(
    '%s',
    async (_, connections, hoard, handling) => {
      const target = new HostileTarget('server', handling);
      const port = await target.next<number>();
      const peers = await Promise.all(Array.from({ length: connections }, () => RawPeer.open(port)));
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
