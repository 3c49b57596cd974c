import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Hub, type HubOptions } from '../../../src/hub/index.ts';
import { FakeLog } from '../../support/fake-log.ts';
import { FakeStream, settled } from '../../support/fake-stream.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';

/** A hub that remembers no events, so that it reads each older event from the log. */
function hubOn(log: FakeLog, options: HubOptions = {}): Hub {
  const hub = new Hub({ log, recent: { count: 0 }, ...options });
  onTestFinished(() => hub.shutdown());
  return hub;
}

/** Entries that a process has never received, as after its start. */
function oldEntries(log: FakeLog, count: number, data?: (index: number) => string): string[] {
  const ids = [log.latestId];
  for (let index = 0; index < count; index++) ids.push(...log.add(1, { data: data?.(index) ?? `${index + 1}` }));
  return ids;
}

function connect(hub: Hub, lastEventId: string, topics: string | string[] = 'a'): FakeStream {
  const stream = new FakeStream(lastEventId);
  hub.subscribe(stream.asStream, topics);
  return stream;
}

/** Waits until every subscriber has been sent everything. */
async function caughtUp(hub: Hub): Promise<void> {
  while (hub.metrics().behind > 0) await new Promise(setImmediate);
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

describe('Events that are older than the recent ones', () => {
  it('are read from the log: each page once for a thousand clients that reconnect together with different ids', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = [log.latestId];
    for (let index = 0; index < 2500; index++) ids.push(...log.add(1, { topic: `a/${index % 100}`, data: `${index}` }));
    log.start();
    const clients = Array.from({ length: 1000 }, (_, index) =>
      connect(hub, ids[(index * 7) % 2500]!, `a/${index % 100}`),
    );
    await caughtUp(hub);
    for (const [index, { received }] of clients.entries()) {
      const expected: string[] = [];
      for (let event = (index * 7) % 2500; event < 2500; event++)
        if (event % 100 === index % 100) expected.push(`${event}`);
      expect(received).toEqual(expected);
    }
    expect(log.reads).toEqual(['1-0 1000', '1-1000 1000', '1-2000 1000']);
    expect(hub.metrics()).toMatchObject({ pagesRead: 3, resets: 0 });
  });

  it('are followed by live events, without a gap or a duplicate', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 5);
    log.start();
    log.beforeRead = () => {
      if (log.reads.length < 3) log.addLive('a', `${log.entries.length + 1}`);
    };
    const client = connect(hub, ids[2]!);
    await settled();
    log.addLive('a', 'live');
    expect(client.received).toEqual([...numbers(3, log.entries.length - 1), 'live']);
  });

  it('are filtered by topics and by the filter of the client', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const start = log.latestId;
    for (const [index, topic] of ['a', 'b', 'c/d', 'a', 'c/e'].entries()) log.add(1, { topic, data: `${index}` });
    log.start();
    const stream = new FakeStream(start);
    hub.subscribe(stream.asStream, ['a', 'c/*'], { filter: ({ data }) => data !== '3' });
    await settled();
    expect(stream.received).toEqual(['0', '2', '4']);
  });

  it('are sent from a kept page to clients that reconnect a little later', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 10);
    log.start();
    for (const start of [0, 4, 9]) {
      const client = connect(hub, ids[start]!);
      await settled();
      expect(client.received).toEqual(numbers(start + 1, 10));
    }
    expect(log.reads.length).toBe(1);
  });

  it('keep no more than four pages in memory', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 5500);
    log.start();
    connect(hub, ids[0]!);
    await caughtUp(hub);
    expect(log.reads.length).toBe(6);
    connect(hub, ids[5400]!);
    connect(hub, ids[2100]!);
    await caughtUp(hub);
    expect(log.reads.length).toBe(6);
    connect(hub, ids[10]!);
    await caughtUp(hub);
    expect(log.reads.length).toBeGreaterThan(6);
  });

  it('are read in pages of about 1 MiB at most, whatever their number', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 1300);
    log.start();
    connect(hub, ids[0]!);
    await caughtUp(hub);
    expect(log.maxBytes).toBe(1024 * 1024);
  });

  it('are read in small pages for a client that accepts few at a time', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 7000);
    log.start();
    const client = connect(hub, ids[0]!);
    client.isReading = false;
    await settled();
    // The first event has filled its connection. The pages of another client take the place of the one that was kept.
    connect(hub, ids[1000]!);
    while (log.reads.length < 7 || hub.metrics().behind > 1) await new Promise(setImmediate);
    const before = log.reads.length;
    client.read();
    await settled();
    expect(log.reads[before]).toBe(`${ids[1]} 16`);
  });

  it('are read for the client that has waited longest, not for the oldest position', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 20_000);
    log.start();
    const order: string[] = [];
    log.beforeRead = (after) => void order.push(after);
    for (const position of [15_000, 5000, 10_000]) connect(hub, ids[position]!);
    await caughtUp(hub);
    expect(order.slice(0, 3)).toEqual([ids[15_000], ids[5000], ids[10_000]]);
  });
});

describe('When the log does not answer, replay', () => {
  it("tries again, and reports each error by 'logError'", async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const log = new FakeLog();
    const hub = hubOn(log);
    const errors: string[] = [];
    hub.on('logError', ({ message }) => errors.push(message));
    const ids = oldEntries(log, 3);
    log.start();
    log.beforeRead = () => {
      if (log.reads.length <= 3) throw new Error(`no answer ${log.reads.length}`);
    };
    const client = connect(hub, ids[1]!);
    await settled();
    expect(errors).toEqual(['no answer 1']);
    await vi.advanceTimersByTimeAsync(49);
    expect(log.reads.length).toBe(1);
    await vi.advanceTimersByTimeAsync(51);
    await settled();
    await vi.advanceTimersByTimeAsync(200);
    await settled();
    await vi.advanceTimersByTimeAsync(400);
    await settled();
    expect(client.received).toEqual(['2', '3']);
    expect(errors).toEqual(['no answer 1', 'no answer 2', 'no answer 3']);
  });

  it("continues when a listener of 'logError' throws", async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    hub.on('logError', () => {
      throw new Error('broken listener');
    });
    const ids = oldEntries(log, 3);
    log.start();
    log.beforeRead = () => {
      if (log.reads.length === 1) throw new Error('no answer');
    };
    const uncaught = nextUncaughtException();
    const client = connect(hub, ids[1]!);
    expect((await uncaught).message).toBe('broken listener');
    await vi.waitFor(() => expect(client.received).toEqual(['2', '3']), { interval: 1, timeout: 30_000 });
  });

  it('stops waiting for the log after shutdown()', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const errors: Error[] = [];
    hub.on('logError', (error) => errors.push(error));
    const ids = oldEntries(log, 3);
    log.start();
    let fail: () => void = () => {};
    log.beforeRead = () => new Promise((_, reject) => (fail = () => reject(new Error('closed'))));
    connect(hub, ids[1]!);
    await settled();
    await hub.shutdown();
    fail();
    await settled();
    expect(errors).toEqual([]);
    expect(log.reads.length).toBe(1);
  });
});

describe('A client whose events are lost', () => {
  it('receives a reset with its own id and the oldest one, and then live events', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 5);
    log.trim(3);
    log.start();
    const clients = [ids[0]!, ids[2]!, 'unknown', '9-9'].map((id) => connect(hub, id));
    await settled();
    const complete = connect(hub, ids[3]!);
    await settled();
    for (const { received, lastEventId, clientId } of clients) {
      expect(received).toEqual([`reset: ${JSON.stringify({ lastEventId, oldestId: ids[4] })}`]);
      expect(clientId).toBe(ids[5]);
    }
    log.addLive('a', 'live');
    for (const { received } of clients) expect(received[1]).toBe('live');
    expect(complete.received).toEqual(['4', '5', 'live']);
    expect(hub.metrics().resets).toBe(4);
  });

  it('receives null as the oldest id of an empty log', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    log.start();
    const client = connect(hub, 'old');
    await settled();
    expect(client.received).toEqual(['reset: {"lastEventId":"old","oldestId":null}']);
  });

  it('receives a reset with the oldest id, if its id is missing between those of a page', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const [before, first] = oldEntries(log, 10);
    log.entries.splice(4, 1);
    log.start();
    const other = connect(hub, before!);
    const clients = ['1-5', '1-4.5', '1-7'].map((id) => connect(hub, id));
    await settled();
    expect(clients[0]!.received).toEqual([`reset: {"lastEventId":"1-5","oldestId":"${first}"}`]);
    expect(clients[1]!.received).toEqual([`reset: {"lastEventId":"1-4.5","oldestId":"${first}"}`]);
    expect(clients[2]!.received).toEqual(numbers(8, 10));
    expect(other.received.length).toBe(9);
  });

  it('causes no additional read if its id is of another log, however many such clients there are', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    oldEntries(log, 5);
    log.start();
    const clients = Array.from({ length: 500 }, (_, index) => connect(hub, `${index + 2}-1`));
    await caughtUp(hub);
    // One for those of each turn of the event loop, in which the hub takes five milliseconds for them.
    expect(log.reads.length).toBeLessThan(10);
    for (const { received } of clients) expect(received.length).toBe(1);
  });
});

describe('Clients with invented ids', () => {
  it('between existing ids do not delay other clients, however many there are', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 100);
    log.start();
    let forged = 0;
    const forge = (): FakeStream => connect(hub, `1-${1 + ++forged / 1000}`);
    log.beforeRead = async () => {
      if (forged < 100) forge();
      await settled(3);
    };
    forge();
    const client = connect(hub, ids[90]!);
    while (client.received.length < 10) await new Promise(setImmediate);
    expect(log.reads.length).toBeLessThan(5);
    await caughtUp(hub);
  });

  it('beyond the end of the log cause no additional reads', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    oldEntries(log, 10);
    log.start();
    const clients = Array.from({ length: 500 }, (_, index) => connect(hub, `1-${index + 11}`));
    await caughtUp(hub);
    expect(log.reads.length).toBeLessThan(10);
    for (const { received } of clients) expect(received.length).toBe(1);
  });
});

describe('When the log begins anew', () => {
  it('while a page is being read, the page is discarded, and its clients receive a reset', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 3);
    log.start();
    let answer: () => void = () => {};
    log.beforeRead = () => new Promise<void>((resolve) => (answer = resolve));
    const client = connect(hub, ids[1]!);
    await settled();
    const entries = log.entries;
    log.beforeRead = () => {};
    log.restart();
    // The engine has answered before it was restarted.
    log.entries = entries;
    answer();
    log.entries = [];
    await settled();
    expect(client.received).toEqual([`reset: {"lastEventId":"${ids[1]}","oldestId":null}`]);
    log.addLive('a', 'new');
    expect(client.received[1]).toBe('new');
  });

  it('while a page is being sent, the rest of the page is not sent', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 200);
    log.start();
    const clients = [connect(hub, ids[0]!), new FakeStream(ids[0]!)];
    // A log may call back while a function of the application publishes.
    hub.subscribe(clients[1]!.asStream, 'a', {
      filter: ({ data }) => {
        if (data === '30') log.restart();
        return true;
      },
    });
    await settled();
    for (const { received } of clients) {
      const sent = received.length - 1;
      expect(received).toEqual([...numbers(1, sent), `reset: {"lastEventId":"${ids[sent]}","oldestId":null}`]);
    }
    expect(clients[1]!.received.length).toBe(31);
    log.addLive('a', 'new');
    for (const { received } of clients) expect(received.at(-1)).toBe('new');
  });

  it('while recent events are being sent, the next events do not count as old', async () => {
    const log = new FakeLog();
    const hub = hubOn(log, { recent: { count: 1000 } });
    log.start();
    const start = log.latestId;
    for (const number of numbers(1, 50)) log.addLive('a', number);
    const client = new FakeStream(start);
    hub.subscribe(client.asStream, 'a', {
      filter: ({ data }) => {
        if (data === '30') log.restart();
        return true;
      },
    });
    await settled();
    log.addLive('a', 'new');
    expect(client.received).toEqual([...numbers(1, 30), 'reset: {"lastEventId":"1-30","oldestId":null}', 'new']);
  });

  it('with the same entries, no client receives a reset, receives an event twice, or misses one', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 200);
    log.start();
    const [behind, live] = [connect(hub, ids[0]!), connect(hub, ids[200]!)];
    while (behind.received.length === 0) await new Promise(setImmediate);
    // What was appended while the tail had lost its connection.
    log.add(1, { data: 'missed' });
    log.start();
    await settled();
    expect(behind.received).toEqual([...numbers(1, 200), 'missed']);
    expect(live.received).toEqual(['missed']);
    expect(hub.metrics().resets).toBe(0);
  });
});

describe('A client that is slow', () => {
  it('keeps no page, and continues after the last event that was sent to it', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 3000);
    log.start();
    const slow = connect(hub, ids[0]!);
    slow.isReading = false;
    const fast = connect(hub, ids[0]!);
    while (hub.metrics().behind > 1) await new Promise(setImmediate);
    expect(fast.received.length).toBe(3000);
    // It has not held up the next page.
    expect(slow.received).toEqual(['1']);
    expect(hub.metrics().behind).toBe(1);
    slow.read();
    await vi.waitFor(() => expect(slow.received.length).toBe(3000), { interval: 1, timeout: 30_000 });
    expect(slow.received).toEqual(fast.received);
  });

  it('delays the replay of others by at most a third, however many are slow', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 40_000);
    log.start();
    const slow = Array.from({ length: 20 }, (_, index) => connect(hub, ids[index * 1500]!));
    const acceptOne = (): void => {
      for (const client of slow) {
        client.read();
        client.isReading = false;
      }
    };
    acceptOne();
    // Each has been sent one event: the hub knows that they are slow.
    while (slow.some(({ received }) => received.length === 0)) await new Promise(setImmediate);
    log.beforeRead = acceptOne;
    acceptOne();
    const before = log.reads.length;
    const fast = connect(hub, ids[30_000]!);
    while (fast.received.length < 10_000) await new Promise(setImmediate);
    const reads = log.reads.length - before;
    expect(reads).toBeGreaterThan(11);
    expect(reads).toBeLessThan(16);
  });

  it('has at most one write in flight, while events are published and a thousand others stall, too', async () => {
    const log = new FakeLog();
    const hub = hubOn(log, { recent: { count: 10 } });
    log.start();
    const clients = Array.from({ length: 1000 }, () => connect(hub, log.latestId));
    await settled();
    for (const client of clients) {
      client.isReading = false;
      client.writes = 0;
    }
    for (let count = 0; count < 100; count++) log.addLive('a', `${count}`);
    await settled();
    expect(clients.every(({ writes }) => writes === 1)).toBe(true);
    expect(hub.metrics()).toMatchObject({ behind: 1000, recentEvents: 10 });
    for (const client of clients) client.read();
    await caughtUp(hub);
    for (const { received } of clients) expect(received.length).toBe(100);
    expect(hub.metrics().pagesRead).toBe(1);
  });

  it('that ends does not delay other clients', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 2500);
    log.start();
    const ending = connect(hub, ids[0]!);
    const other = connect(hub, ids[1]!);
    while (ending.received.length === 0) await new Promise(setImmediate);
    ending.close();
    await vi.waitFor(() => expect(other.received.length).toBe(2499), { interval: 1, timeout: 30_000 });
    expect(hub.size).toBe(1);
  });

  it('that ends while it waits for the log is forgotten', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    const ids = oldEntries(log, 3);
    log.start();
    let answer: () => void = () => {};
    log.beforeRead = () => new Promise<void>((resolve) => (answer = resolve));
    const client = connect(hub, ids[0]!);
    await settled();
    client.close();
    answer();
    await settled();
    expect(client.received).toEqual([]);
    expect(hub.metrics()).toMatchObject({ subscribers: 0, behind: 0, topics: 0 });
  });
});

describe('A client that has received later events from another process than this process has', () => {
  it('receives nothing twice', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    log.start();
    const ids = log.add(2);
    const client = connect(hub, ids[1]!);
    await settled();
    log.listener!.onEntries(log.entries);
    log.addLive('a', 'new');
    expect(client.received).toEqual(['new']);
  });

  it('does not make the hub read the log repeatedly while the tail is behind', async () => {
    const log = new FakeLog();
    const hub = hubOn(log);
    oldEntries(log, 5);
    log.start();
    // The engine was restarted and has lost an entry, of which the tail does not know yet.
    log.entries.pop();
    const client = connect(hub, log.latestId);
    await settled(50);
    expect(log.reads.length).toBeLessThan(3);
    log.restart();
    await settled();
    expect(client.received.length).toBe(1);
  });
});
