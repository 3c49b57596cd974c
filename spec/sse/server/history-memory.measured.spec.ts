import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { EventChannel, type ServerSentEvent } from '../../../src/sse/index.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;

function heldMemory(): number {
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it.each([
  ['data', (text: string): ServerSentEvent => ({ data: text })],
  ['an id', (text: string): ServerSentEvent => ({ id: text, data: 'x' })],
  ['an event type', (text: string): ServerSentEvent => ({ event: text, data: 'x' })],
])('the history keeps nothing of a long text of which %s is a part', (_, eventOf) => {
  for (const letter of ['a', 'é', '嗨']) {
    const channel = new EventChannel();
    const before = heldMemory();
    for (let index = 0; index < 60; index++) {
      const long = Buffer.from(letter.repeat(100_000)).toString();
      channel.broadcast(eventOf(`${index} ${long}`.slice(0, 40)));
    }
    const held = heldMemory() - before;
    expect(held).toBeLessThan(2 * channel.metrics().historyMemory + MIB);
  }
});
