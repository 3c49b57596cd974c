import { describe, expect, it } from 'vitest';
import { Hub } from '../../src/hub/index.ts';
import { FakeLog } from '../support/fake-log.ts';
import { FakeStream, settled } from '../support/fake-stream.ts';

describe('The metrics of a hub', () => {
  it('are all 0 at first', () => {
    const metrics = new Hub().metrics();
    expect(Object.keys(metrics).sort()).toEqual(
      [
        ...['behind', 'delivered', 'failed', 'pagesRead', 'published', 'recentEvents', 'recentMemory', 'resets'],
        ...['sendMemory', 'subscribers', 'topics', 'unconfirmed'],
      ].sort(),
    );
    expect(new Set(Object.values(metrics))).toEqual(new Set([0]));
  });

  it('count subscribers, topics, and events by subscriber', async () => {
    const hub = new Hub();
    const streams = [new FakeStream(), new FakeStream()];
    hub.subscribe(streams[0]!.asStream, ['a', 'b/*']);
    hub.subscribe(streams[1]!.asStream, ['a']);
    await settled();
    for (const topic of ['a', 'b/c', 'c']) await hub.publish(topic, { data: 1 });
    expect(hub.metrics()).toMatchObject({ subscribers: 2, topics: 2, published: 3, delivered: 3, recentEvents: 3 });
    streams[0]!.close();
    expect(hub.metrics()).toMatchObject({ subscribers: 1, topics: 1, delivered: 3 });
  });

  it('count subscribers that are behind, and the data that waits for them', async () => {
    const hub = new Hub();
    const stream = new FakeStream();
    hub.subscribe(stream.asStream, 'a');
    await settled();
    stream.isReading = false;
    await hub.publish('a', { data: 1 });
    expect(hub.metrics()).toMatchObject({ behind: 1, sendMemory: 1000 });
    stream.read();
    await settled();
    expect(hub.metrics()).toMatchObject({ behind: 0, sendMemory: 0 });
  });

  it('count pages and resets', async () => {
    const log = new FakeLog();
    const hub = new Hub({ log });
    const [id] = log.add(2);
    log.start();
    for (const lastEventId of [id!, 'unknown']) {
      hub.subscribe(new FakeStream(lastEventId).asStream, 'a');
      await settled();
    }
    expect(hub.metrics()).toMatchObject({ pagesRead: 2, resets: 1, delivered: 1 });
  });

  it('bound the memory of recent events by recent.bytes', async () => {
    const hub = new Hub({ recent: { bytes: 50_000 } });
    for (let count = 0; count < 100; count++) await hub.publish('a', { data: 'x'.repeat(1000) });
    const { recentMemory, recentEvents } = hub.metrics();
    expect(recentMemory).toBeLessThanOrEqual(50_000);
    expect(recentMemory).toBeGreaterThan(recentEvents * 4000);
  });
});
