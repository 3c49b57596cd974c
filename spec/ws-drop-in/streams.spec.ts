import type { DuplexOptions } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isDue } from '../support/full-run.ts';
import { IMPLEMENTATIONS } from './implementations.ts';
import { playStreamScene, type StreamScene } from './stream-scenes.ts';

const [WS, PUSHWIRE] = IMPLEMENTATIONS as [(typeof IMPLEMENTATIONS)[0], (typeof IMPLEMENTATIONS)[0]];

const STATES = ['connecting', 'open', 'closing', 'closing by the peer', 'closed', 'late'] as const;
const ACTIONS = [
  'write',
  'write twice',
  'write and destroy',
  'end',
  'end with data',
  'destroy',
  'destroy with an error',
  'the peer closes',
  'the peer resets',
  'the peer violates the protocol',
] as const;

/** Each combination of the options that have an effect, and those that have none. */
const OPTIONS: readonly DuplexOptions[] = [
  ...[{}, { objectMode: true }, { readableObjectMode: true }].flatMap((mode) =>
    [{}, { decodeStrings: false }].flatMap((decoding) =>
      [{}, { allowHalfOpen: false }].map((halves) => ({ ...mode, ...decoding, ...halves })),
    ),
  ),
  { autoDestroy: true, emitClose: true, writableObjectMode: true },
];

/** At most this many connections at a time. */
const CONCURRENCY = 16;

describe('a stream of createWebSocketStream', () => {
  for (const end of ['client', 'server'] as const) {
    for (const state of STATES) {
      if (end === 'server' && state === 'connecting') continue;
      for (const action of ACTIONS) {
        it(`does what one of ws does: ${end}, ${state}, ${action}`, async () => {
          const all = OPTIONS.flatMap((options) =>
            [true, false].map((reads) => ({ end, state, action, reads, options })),
          );
          // Without a full run, neighbours share the options: each is with a listener in one of four actions, and without one in
          // another of them.
          const turn = ACTIONS.indexOf(action) + STATES.indexOf(state);
          const isWhole = isDue(`streams ${end} ${state} ${action}`);
          const scenes = all.filter(
            ({ reads }, index) => isWhole || (Math.floor(index / 2) + turn) % 4 === (reads ? 0 : 2),
          );
          await inParallel(scenes, async (scene) => {
            const [expected, actual] = await Promise.all([
              playStreamScene(WS, state === 'late' ? { ...scene, state: 'closed' } : scene),
              playStreamScene(PUSHWIRE, scene),
            ]);
            if (state === 'late')
              for (const { here } of [expected, actual]) here.splice(0, here.indexOf(`- ${action}`));
            expect({ scene, ...actual }).toEqual({ scene, ...expected });
          });
        });
      }
    }
  }
});

async function inParallel(scenes: readonly StreamScene[], play: (scene: StreamScene) => Promise<void>): Promise<void> {
  const waiting = [...scenes];
  const work = async (): Promise<void> => {
    for (let scene = waiting.pop(); scene !== undefined; scene = waiting.pop()) await play(scene);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
