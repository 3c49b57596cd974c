import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Hub, type HubOptions } from '../../../src/hub/index.ts';
import { FakeLog } from '../../support/fake-log.ts';
import { FakeStream, settled } from '../../support/fake-stream.ts';

/** A hub with a subscriber of the topic "rare", which is live. */
async function hubWithSubscriber(options: HubOptions) {
  const log = new FakeLog();
  const hub = new Hub({ log, ...options });
  onTestFinished(() => hub.shutdown());
  log.start();
  const stream = new FakeStream();
  hub.subscribe(stream.asStream, 'rare');
  await settled();
  return { log, hub, stream };
}

describe('A subscriber that sees no event', () => {
  it('receives the latest id after a quarter of recent.age, if there was an event', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { log, stream } = await hubWithSubscriber({ recent: { age: 40_000 } });
    const id = log.addLive('other');
    vi.advanceTimersByTime(9999);
    expect([stream.writes, stream.clientId]).toEqual([1, '1-0']);
    vi.advanceTimersByTime(1);
    expect([stream.writes, stream.clientId]).toEqual([2, id]);
    vi.advanceTimersByTime(100_000);
    expect(stream.writes).toBe(2);
  });

  it('receives no id if it has received the latest event', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { log, stream } = await hubWithSubscriber({ recent: { age: 40_000 } });
    log.addLive('other');
    log.addLive('rare');
    vi.advanceTimersByTime(10_000);
    expect([stream.writes, stream.clientId]).toEqual([2, '1-2']);
  });

  it('receives an id after each recent.count / 2 events', async () => {
    const { log, stream } = await hubWithSubscriber({ recent: { count: 100 } });
    const ids: string[] = [];
    for (let count = 0; count < 1000; count++) {
      log.addLive('other');
      if (stream.clientId !== ids.at(-1)) ids.push(stream.clientId);
    }
    expect(ids.length).toBeLessThan(25);
    expect(ids.length).toBeGreaterThan(15);
    const numbers = ids.map((id) => Number(id.split('-')[1]));
    for (const [index, number] of numbers.entries()) expect(number - (numbers[index - 1] ?? 0)).toBeLessThan(102);
  });

  it('and does not read receives the id once, and misses nothing afterwards', async () => {
    const { log, hub, stream } = await hubWithSubscriber({ recent: { count: 10 } });
    stream.isReading = false;
    for (let count = 0; count < 100; count++) log.addLive('other');
    expect(stream.writes).toBe(2);
    expect(hub.metrics().behind).toBe(1);
    log.addLive('rare', 'not yet');
    expect(stream.received).toEqual([]);
    stream.read();
    await settled();
    log.addLive('rare', 'live');
    expect(stream.received).toEqual(['not yet', 'live']);
    expect(hub.metrics()).toMatchObject({ behind: 0, resets: 0 });
  });
});

describe('A subscriber whose first write fills its connection', () => {
  it('receives the events that were published meanwhile when it reads', async () => {
    const log = new FakeLog();
    const hub = new Hub({ log });
    log.start();
    const stream = new FakeStream();
    stream.isReading = false;
    hub.subscribe(stream.asStream, 'a');
    log.addLive('a', '1');
    stream.read();
    await settled();
    log.addLive('a', '2');
    expect(stream.received).toEqual(['1', '2']);
  });
});

describe('Subscribers that are behind', () => {
  it('take turns, so that one with many events does not delay the others', async () => {
    // Each look at the clock is 10 ms later: a turn of the event loop has one step, with one event.
    let now = 0;
    const log = new FakeLog();
    const hub = new Hub({ log });
    log.start();
    const start = log.latestId;
    for (let count = 0; count < 1000; count++) log.addLive('a', `${count}`);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 10));
    const [long, short] = [new FakeStream(start), new FakeStream('1-990')];
    hub.subscribe(long.asStream, 'a');
    hub.subscribe(short.asStream, 'a');
    await settled(25);
    expect(short.received.length).toBe(10);
    expect(long.received.length).toBeLessThan(20);
    clock.mockRestore();
    await settled(40);
    expect(long.received).toEqual(Array.from({ length: 1000 }, (_, index) => `${index}`));
  });
});
