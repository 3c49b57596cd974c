import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  EventChannel,
  type EventChannelOptions,
  EventStream,
  type EventStreamOptions,
} from '../../../src/sse/index.ts';
import { openSource } from '../../support/event-sources.ts';
import { serve } from '../../support/http-server.ts';
import type { RawPeer } from '../../support/raw-peer.ts';
import { openUnread } from '../../support/unread-stream.ts';

/** Opens a stream of a server and a client that does not read, until events have to be queued. */
async function openSlow(options: EventStreamOptions = {}): Promise<{ stream: EventStream; peer: RawPeer }> {
  const { stream, peer } = await openUnread(options);
  while (stream.send('x'.repeat(10_000)));
  return { stream, peer };
}

/** Adds a client that reads to a channel. Returns what it receives, in order. */
async function openReader(
  channel: EventChannel,
  filter?: (event: { readonly data?: string | undefined }) => boolean,
): Promise<{ received: string[]; ids: string[]; stream: EventStream }> {
  const joined = once(channel, 'join') as Promise<[EventStream]>;
  const url = await serve((request, response) => channel.add(EventStream.open(request, response), { filter }));
  const source = openSource(url);
  const received: string[] = [];
  const ids: string[] = [];
  source.onmessage = ({ data, lastEventId }) => {
    received.push(data);
    ids.push(lastEventId);
  };
  const [stream] = await joined;
  return { received, ids, stream };
}

/** Collects the messages of uncaught exceptions until the end of the test. */
function collectExceptions(): string[] {
  const messages: string[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', ({ message }) => void messages.push(message));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  });
  return messages;
}

function thrower(): never {
  throw new Error('of the application');
}

const LIMIT = 20_000;
const NUMBERS = Array.from({ length: 60 }, (_, index) => index);
const textOf = (index: number): string => `${index} `.padEnd(1000, 'x');
const numberOf = (data: string): number => Number.parseInt(data, 10);
/** Without a history, a stream queues events. */
const NO_HISTORY: EventChannelOptions = { history: { count: 0 } };

describe('A broadcast reaches the other clients', () => {
  it.each([
    ["a listener of 'overflow' throws", {}, true],
    ["a listener of 'overflow' throws, and the oldest events are dropped", { onBackpressure: 'drop-oldest' }, true],
    ['onBackpressure throws', { onBackpressure: thrower }, false],
  ] as [string, EventStreamOptions, boolean][])('if %s', async (_, options, isListener) => {
    const exceptions = collectExceptions();
    const channel = new EventChannel(NO_HISTORY);
    const { stream } = await openSlow({ maxBackpressure: LIMIT, ...options });
    if (isListener) stream.on('overflow', thrower);
    channel.add(stream);
    const { received } = await openReader(channel);
    for (const index of NUMBERS) channel.broadcast(textOf(index));
    await expect.poll(() => received.map(numberOf)).toEqual(NUMBERS);
    // What a listener throws is an uncaught exception.
    expect(new Set(exceptions)).toEqual(new Set(isListener ? ['of the application'] : []));
    // The slow client is terminated nevertheless, unless the oldest events are dropped.
    expect(stream.closed).toBe(options.onBackpressure !== 'drop-oldest');
  });

  it.each([
    ['terminate', true],
    ['drop-oldest', false],
  ] as const)("if a listener of 'overflow' sends an event: %s", async (onBackpressure, isClosed) => {
    const channel = new EventChannel(NO_HISTORY);
    const { stream } = await openSlow({ maxBackpressure: LIMIT, onBackpressure });
    let overflows = 0;
    stream.on('overflow', () => {
      overflows++;
      stream.send(textOf(-1));
    });
    channel.add(stream);
    const { received } = await openReader(channel);
    for (const index of NUMBERS) channel.broadcast(textOf(index));
    await expect.poll(() => received.map(numberOf)).toEqual(NUMBERS);
    expect([stream.closed, overflows > 0, overflows <= NUMBERS.length]).toEqual([isClosed, true, true]);
    expect(stream.queuedBytes).toBeLessThanOrEqual(LIMIT);
  });
});

describe('Events that are broadcast while another one is delivered', () => {
  it('by a filter are received after it, by all clients and in the order of their ids', async () => {
    const channel = new EventChannel();
    let isFirst = true;
    const filter = ({ data }: { readonly data?: string | undefined }): boolean => {
      if (data === 'outer' && isFirst) {
        isFirst = false;
        channel.broadcast('inner');
      }
      return true;
    };
    const readers = [await openReader(channel, filter), await openReader(channel), await openReader(channel, filter)];
    const outer = channel.broadcast('outer');
    const last = channel.broadcast('last');
    for (const { received, ids } of readers) {
      await expect.poll(() => received).toEqual(['outer', 'inner', 'last']);
      expect([ids[0], ids[2], new Set(ids).size]).toEqual([outer, last, 3]);
    }
  });

  it("by a listener of 'overflow' are received after it", async () => {
    const channel = new EventChannel(NO_HISTORY);
    const { stream } = await openSlow({ maxBackpressure: LIMIT });
    stream.once('overflow', () => channel.broadcast('9999'));
    channel.add(stream);
    const { received } = await openReader(channel);
    for (const index of NUMBERS) channel.broadcast(textOf(index));
    await expect.poll(() => received.length).toBe(NUMBERS.length + 1);
    const numbers = received.map(numberOf);
    expect(numbers.filter((number) => number !== 9999)).toEqual(NUMBERS);
    // It was queued when an event did not fit any more, and that event comes first.
    expect(numbers.indexOf(9999)).toBeGreaterThan(1);
  });

  it('by serialize have another id', async () => {
    let isFirst = true;
    const channel: EventChannel = new EventChannel({
      serialize: (data) => {
        if (isFirst) {
          isFirst = false;
          channel.broadcast('inner');
        }
        return data;
      },
    });
    const { received, ids } = await openReader(channel);
    channel.broadcast('outer');
    await expect.poll(() => received).toEqual(['inner', 'outer']);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('A channel', () => {
  it.each([
    ["a listener of its 'close' throws", ['of the application']],
    ["a listener of another channel's 'leave' throws", ['of the application']],
    ['its listeners were removed', []],
  ])('loses a stream that has ended, also if %s', async (spoiled, expected) => {
    const exceptions = collectExceptions();
    const channels = [new EventChannel(), new EventChannel()];
    const { stream, peer } = await openSlow();
    if (spoiled.includes("'close'")) stream.on('close', thrower);
    if (spoiled.includes("'leave'")) channels[0]!.on('leave', thrower);
    for (const channel of channels) channel.add(stream, { lastEventId: '' });
    if (spoiled.includes('removed')) stream.removeAllListeners();
    peer.socket.destroy();
    await expect.poll(() => channels.map(({ size }) => size)).toEqual([0, 0]);
    expect(exceptions).toEqual(expected);
  });

  it('keeps no events for a stream that a filter has removed', async () => {
    const channel = new EventChannel({ history: { count: 10 } });
    const { stream } = await openSlow();
    channel.add(stream, {
      filter: () => {
        channel.remove(stream);
        return true;
      },
    });
    for (const index of NUMBERS) channel.broadcast(textOf(index));
    expect(channel.metrics()).toMatchObject({ streams: 0, historyEvents: 10 });
  });

  it('without a history keeps no event', () => {
    for (const history of [{ count: 0 }, { bytes: 0 }, { age: 0 }]) {
      const channel = new EventChannel({ history });
      channel.broadcast('x');
      expect(channel.metrics()).toMatchObject({ historyEvents: 0, historyMemory: 0 });
    }
  });

  it('ends the connection of a slow client for which the application fails to create the reset event', async () => {
    const channel = new EventChannel({
      history: { count: 1 },
      reset: (id) => (id === '' ? { event: 'reset' } : thrower()),
    });
    const { stream, peer } = await openSlow({ maxBackpressure: LIMIT });
    const failed = once(channel, 'hookError');
    Object.defineProperty(stream, 'lastEventId', { value: '1' });
    channel.add(stream, { lastEventId: '' });
    for (const index of NUMBERS) channel.broadcast(textOf(index));
    peer.socket.resume();
    await expect.poll(() => channel.size).toBe(0);
    expect([stream.closed, (await failed)[0]]).toMatchObject([
      true,
      { hook: 'reset', message: 'reset failed: of the application' },
    ]);
  });

  it('adds no client for which the application fails to create the reset event', async () => {
    const channel = new EventChannel({ reset: (id) => (id === '' ? { event: 'reset' } : thrower()) });
    const { stream } = await openSlow();
    expect(() => channel.add(stream, { lastEventId: 'unknown' })).toThrow('of the application');
    expect([channel.size, channel.has(stream)]).toEqual([0, false]);
  });
});
