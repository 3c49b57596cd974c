import { once } from 'node:events';
import { get } from 'node:http';
import { createServer as createHttp2Server, connect as http2Connect } from 'node:http2';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Hub, type HubEvent, MemoryLog } from '../../src/hub/index.ts';
import { EventStream } from '../../src/sse/index.ts';
import { FakeLog } from '../support/fake-log.ts';
import { FakeStream, settled } from '../support/fake-stream.ts';
import { listen } from '../support/http-server.ts';
import { CLIENTS, type HubClient, StreamClient, serveHub, WebSocketClient } from '../support/hub-clients.ts';
import { RawPeer } from '../support/raw-peer.ts';

const KIB = 1024;

async function publish(hub: Hub, topic: string, ...data: unknown[]): Promise<string[]> {
  return Promise.all(data.map((one) => hub.publish(topic, { data: one })));
}

/** Publishes until a subscriber is behind: its connection accepts no more. */
async function stall(hub: Hub, behind = 1): Promise<number> {
  let published = 0;
  while (hub.metrics().behind < behind) {
    await publish(hub, 'a', `${published++} ${'x'.repeat(64 * KIB)}`);
    await new Promise(setImmediate);
  }
  return published;
}

describe.each(CLIENTS)('A hub, to %s', (_, Client) => {
  it('sends the events of its topics during publish(), and no others', async () => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const client = await (await Client.open(port, 'a,b/*')).live();
    await publish(hub, 'a', 1);
    await publish(hub, 'b', 'not sent');
    await publish(hub, 'b/c', { n: [2] });
    await publish(hub, 'c', 'not sent');
    const [id] = await publish(hub, 'a', null);
    expect(await client.receive(3)).toEqual([1, { n: [2] }, null]);
    expect(client.lastEventId).toBe(id);
    expect(hub.lastEventId).toBe(id);
    expect(hub.metrics()).toMatchObject({ subscribers: 1, delivered: 3, published: 5, topics: 2, behind: 0 });
  });

  it('sends an event once, however many of its filters accept the topic', async () => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const client = await (await Client.open(port, 'a/b,a/*,*')).live();
    const start = client.lastEventId;
    await publish(hub, 'a/b', 1, 2);
    expect(await client.receive(2)).toEqual([1, 2]);
    const back = await Client.open(port, '*,a/*,a/b', start);
    await back.receive(2);
    await publish(hub, 'a/b', 3);
    expect(await back.receive(3)).toEqual([1, 2, 3]);
    expect(hub.metrics().delivered).toBe(6);
  });

  it('sends the events that it has missed when it reconnects, over either protocol, and then live events', async () => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const first = await (await Client.open(port, 'a')).live();
    await publish(hub, 'a', 1);
    await first.receive(1);
    first.disconnect();
    await vi.waitFor(() => expect(hub.size).toBe(0), { interval: 1, timeout: 30_000 });
    await publish(hub, 'a', 2, 3);
    await publish(hub, 'b', 'not sent');
    for (const [, Other] of CLIENTS) {
      const back = await Other.open(port, 'a', first.lastEventId);
      expect(await back.receive(2)).toEqual([2, 3]);
    }
  });

  it('sends nothing of the past to a client without an id, but an id, so that it misses nothing later', async () => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const [, latest] = await publish(hub, 'a', 1, 2);
    const client = await (await Client.open(port, 'a')).live();
    expect(client.lastEventId).toBe(latest);
    client.disconnect();
    await publish(hub, 'a', 3);
    expect(await (await Client.open(port, 'a', client.lastEventId)).receive(1)).toEqual([3]);
    expect(client.received).toEqual([]);
  });

  it('sends a reset with the oldest id to a client whose events are lost, and continues', async () => {
    const hub = new Hub({ log: new MemoryLog({ count: 2 }), recent: { count: 1 } });
    const port = await serveHub(hub);
    const [tooOld, , oldest, latest] = await publish(hub, 'a', 1, 2, 3, 4);
    for (const id of [tooOld!, 'unknown', 'x'.repeat(8000), '"quoted", and <marked>']) {
      const client = await Client.open(port, 'a', id);
      expect(await client.receive(1)).toEqual([{ reset: { lastEventId: id, oldestId: oldest } }]);
      expect(client.lastEventId).toBe(latest);
    }
    expect(hub.metrics().resets).toBe(4);
    await vi.waitFor(() => expect(hub.metrics().behind).toBe(0), { interval: 1, timeout: 30_000 });
  });

  it('keeps a position for a client that stops reading, which misses nothing when it reads again', async () => {
    const hub = new Hub({ recent: { bytes: 1024 * KIB } });
    const port = await serveHub(hub, {
      stream: { maxBackpressure: 200 * KIB },
      webSocket: { maxBackpressure: 200 * KIB },
    });
    const slow = await (await Client.open(port, 'a')).live();
    const fast = await (await Client.open(port, 'a')).live();
    slow.pause();
    const count = (await stall(hub)) + 20;
    for (let number = count - 20; number < count; number++)
      await publish(hub, 'a', `${number} ${'x'.repeat(64 * KIB)}`);
    // One event at most waits in this process, beside what the kernel has not taken of it.
    expect(hub.metrics().sendMemory).toBeLessThan(200 * KIB);
    expect(hub.size).toBe(2);
    await fast.receive(count);
    slow.resume();
    await slow.receive(count);
    expect(slow.received.map((text) => Number.parseInt(String(text), 10))).toEqual([...Array(count).keys()]);
    expect(slow.lastEventId).toBe(fast.lastEventId);
    await vi.waitFor(() => expect(hub.metrics().behind).toBe(0), { interval: 1, timeout: 30_000 });
  });

  it('sends an event that is longer than maxBackpressure to a client that is slow', async () => {
    const hub = new Hub();
    const maxBackpressure = 10 * KIB;
    const port = await serveHub(hub, { stream: { maxBackpressure }, webSocket: { maxBackpressure } });
    const client = await (await Client.open(port, 'a')).live();
    client.pause();
    const long = 'x'.repeat(500 * KIB);
    let count = 0;
    while (hub.metrics().behind === 0) {
      await publish(hub, 'a', `${count++} ${long}`);
      await new Promise(setImmediate);
    }
    await publish(hub, 'a', `${count++} ${long}`, `${count++} ${long}`);
    await settled();
    client.resume();
    await client.receive(count);
    expect(client.received.map((text) => Number.parseInt(String(text), 10))).toEqual([...Array(count).keys()]);
  });

  it('forgets a client that ends while it is behind', async () => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const client = await (await Client.open(port, 'a')).live();
    client.pause();
    await stall(hub);
    client.disconnect();
    await vi.waitFor(() => expect(hub.size).toBe(0), { interval: 1, timeout: 30_000 });
    expect(hub.metrics()).toMatchObject({ subscribers: 0, behind: 0, topics: 0, sendMemory: 0 });
  });

  it('sends ids now and then to a client that sees no event, so that its position does not grow old', async () => {
    const hub = new Hub({ recent: { count: 100 }, log: new MemoryLog({ count: 100 }) });
    const port = await serveHub(hub);
    const client = await (await Client.open(port, 'rare')).live();
    for (let count = 0; count < 1000; count++) await publish(hub, 'a', count);
    await client.until(() => Number(client.lastEventId.split('-').at(-1)) > 940);
    client.disconnect();
    await publish(hub, 'rare', 'at last');
    expect(await (await Client.open(port, 'rare', client.lastEventId)).receive(1)).toEqual(['at last']);
    expect(client.received).toEqual([]);
  });

  it('shows it the events that its filter accepts, live and from the log, with all of their fields', async () => {
    const hub = new Hub({ recent: { count: 1 } });
    const seen: HubEvent[] = [];
    const filter = ({ id, topic, event, data }: HubEvent): boolean => {
      seen.push({ id, topic, event, data });
      return (data as { show: boolean }).show;
    };
    const port = await serveHub(hub, { subscribe: { filter } });
    const first = await (await Client.open(port, 'a')).live();
    const id = await hub.publish('a', { event: 'type', data: { show: true, n: 1 } });
    await publish(hub, 'a', { show: false }, { show: true, n: 2 });
    expect(await first.receive(2)).toMatchObject([{ n: 1 }, { n: 2 }]);
    expect(seen[0]).toEqual({ id, topic: 'a', event: 'type', data: { show: true, n: 1 } });
    const back = await Client.open(port, 'a', id);
    expect(await back.receive(1)).toEqual([{ show: true, n: 2 }]);
  });

  it('hides an event whose filter throws or returns anything other than true, and reports the error', async () => {
    const hub = new Hub();
    const results: unknown[] = [1, Promise.resolve(true), undefined, 'yes', true];
    const filter = (): boolean => {
      if (results.length === 5) {
        results.shift();
        throw new Error('broken filter');
      }
      return results.shift() as boolean;
    };
    const port = await serveHub(hub, { subscribe: { filter } });
    const client = await (await Client.open(port, 'a')).live();
    const failed = once(hub, 'hookError');
    await publish(hub, 'a', 0, 1, 2, 3, 4);
    expect((await failed)[0].message).toBe('filter failed: broken filter');
    expect(await client.receive(1)).toEqual([4]);
  });

  it('hides an event whose encode function throws, reports it once for all subscribers, and continues', async () => {
    const hub = new Hub();
    const encode = vi.fn(({ data, id }: HubEvent) => {
      if (data === 1) throw new Error('broken encode');
      return JSON.stringify({ id, data });
    });
    const port = await serveHub(hub, { subscribe: { encode } });
    const clients = [await (await Client.open(port, 'a')).live(), await (await Client.open(port, 'a')).live()];
    const failed = once(hub, 'hookError');
    await publish(hub, 'a', 1);
    expect((await failed)[0].message).toBe('encode failed: broken encode');
    await publish(hub, 'a', 2);
    for (const client of clients) expect(await client.receive(1)).toHaveLength(1);
    expect(encode).toHaveBeenCalledTimes(2);
    expect(hub.metrics().delivered).toBe(2);
  });

  it('stops at unsubscribe(), and leaves the connection open', async () => {
    const hub = new Hub();
    const connections: Parameters<Hub['has']>[0][] = [];
    const port = await serveHub(hub, {
      onStream: (stream) => connections.push(stream) && hub.subscribe(stream, ['a', 'b']),
      onWebSocket: (socket) => connections.push(socket) && hub.subscribe(socket, ['a', 'b']),
    });
    const client = await (await Client.open(port, '')).live();
    const connection = connections[0]!;
    expect(hub.unsubscribe(connection, ['b', 'c'])).toBe(true);
    expect(hub.unsubscribe(connection, 'b')).toBe(false);
    await publish(hub, 'b', 'not sent');
    await publish(hub, 'a', 1);
    expect(hub.unsubscribe(connection)).toBe(true);
    expect(hub.unsubscribe(connection)).toBe(false);
    expect(hub.has(connection)).toBe(false);
    await publish(hub, 'a', 'not sent');
    hub.subscribe(connection as never, 'b', { lastEventId: '' });
    await publish(hub, 'b', 2);
    expect(await client.receive(2)).toEqual([1, 2]);
    expect(client.isOver).toBe(false);
    expect(hub.metrics()).toMatchObject({ subscribers: 1, topics: 1 });
  });

  it('sends the events of topics that are added later, from its position on', async () => {
    const hub = new Hub();
    const connections: Parameters<Hub['has']>[0][] = [];
    const port = await serveHub(hub, {
      onStream: (stream) => connections.push(stream) && hub.subscribe(stream, 'a'),
      onWebSocket: (socket) => connections.push(socket) && hub.subscribe(socket, 'a'),
    });
    const client = await (await Client.open(port, '')).live();
    await publish(hub, 'b', 'before');
    hub.subscribe(connections[0] as never, 'b');
    hub.subscribe(connections[0] as never, ['a', 'b']);
    await publish(hub, 'b', 1);
    await publish(hub, 'a', 2);
    expect(await client.receive(2)).toEqual([1, 2]);
    expect(hub.size).toBe(1);
  });
});

describe('A hub, to clients of both protocols', () => {
  it('sends id, topic, type and data as a WebSocket message, and id, type and data as an event', async () => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const stream = await RawPeer.connect(port);
    stream.write('GET /?topics=* HTTP/1.1\r\nHost: a\r\n\r\n');
    const client = await WebSocketClient.open(port, '*');
    const texts: string[] = [];
    client.socket.on('message', (data: Buffer) => texts.push(data.toString()));
    await client.live();
    const id = await hub.publish('a/"b"', { event: 'type', data: { n: 1 } });
    const other = await hub.publish('c', { data: 'two\nlines' });
    const text = await stream.readUntil('data: lines\n\n');
    expect(text.match(/^(event|data|id): .*$/gm)).toEqual(
      expect.arrayContaining(['event: type', `id: ${id}`, 'data: {"n":1}', `id: ${other}`, 'data: two', 'data: lines']),
    );
    await client.receive(2);
    expect(texts.slice(-2)).toEqual([
      `{"id":"${id}","topic":"a/\\"b\\"","event":"type","data":{"n":1}}`,
      `{"id":"${other}","topic":"c","data":"two\\nlines"}`,
    ]);
  });

  it('encodes an event once for all that share a function, with the id of the hub', async () => {
    const hub = new Hub();
    const encode = vi.fn(({ topic, data }: HubEvent) => ({ event: topic, data: `<${data}>`, id: 'not this' }));
    const port = await serveHub(hub, { onStream: (stream) => void hub.subscribe(stream, 'a', { encode }) });
    const clients = [await StreamClient.open(port, ''), await StreamClient.open(port, '')];
    for (const client of clients) await client.live();
    const [id] = await publish(hub, 'a', 1);
    for (const client of clients) {
      expect(await client.receive(1)).toEqual(['<1>']);
      expect([client.names[0], client.lastEventId]).toEqual(['a', id]);
    }
    expect(encode).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['a Uint8Array', (bytes: Buffer) => new Uint8Array(bytes)],
    ['an ArrayBuffer', (bytes: Buffer) => new Uint8Array(bytes).buffer],
  ])('sends %s as a binary message', async (_, form) => {
    const hub = new Hub();
    const encode = ({ data }: HubEvent) => form(Buffer.from(String(data)));
    const port = await serveHub(hub, { onWebSocket: (socket) => void hub.subscribe(socket, 'a', { encode }) });
    const client = await WebSocketClient.open(port, '');
    client.socket.removeAllListeners('message');
    // The id at the start is text.
    const received: [string, boolean][] = [];
    client.socket.on('message', (data: Buffer, isBinary: boolean) => received.push([data.toString(), isBinary]));
    await vi.waitFor(() => expect(hub.metrics().behind).toBe(0), { interval: 1, timeout: 30_000 });
    await publish(hub, 'a', 'bytes');
    await vi.waitFor(() => expect(received).toContainEqual(['bytes', true]), { interval: 1, timeout: 30_000 });
    expect(received.filter(([, isBinary]) => isBinary).length).toBe(1);
  });

  it.each([
    ['with context takeover', {}],
    ['without context takeover', { serverNoContextTakeover: true, clientNoContextTakeover: true }],
  ])('compresses messages %s, short and long ones', async (_, perMessageDeflate) => {
    const hub = new Hub();
    const port = await serveHub(hub, { webSocket: { perMessageDeflate: { threshold: 0, ...perMessageDeflate } } });
    const clients = [
      await (await WebSocketClient.open(port, 'a', '', { perMessageDeflate: true })).live(),
      await (await WebSocketClient.open(port, 'a', '', { perMessageDeflate: true })).live(),
      await (await WebSocketClient.open(port, 'a', '', { perMessageDeflate: false })).live(),
    ];
    const data = Array.from(
      { length: 20 },
      (_, index) => `${index} ${'pushwire '.repeat(index === 9 ? 20_000 : index)}`,
    );
    await publish(hub, 'a', ...data);
    for (const client of clients) expect(await client.receive(20)).toEqual(data);
    expect(clients.map(({ socket }) => socket.extensions !== '')).toEqual([true, true, false]);
  });

  it('serves event streams over HTTP/2', async () => {
    const hub = new Hub();
    const server = createHttp2Server((request, response) => {
      hub.subscribe(EventStream.open(request, response), 'a');
    });
    const session = http2Connect(`http://127.0.0.1:${await listen(server)}`);
    onTestFinished(() => session.destroy());
    const [first] = await publish(hub, 'a', 0);
    await publish(hub, 'a', 'replayed');
    const request = session.request({ ':path': '/', 'last-event-id': first! });
    let text = '';
    for await (const chunk of request) {
      text += chunk;
      if (text.includes('replayed') && !text.includes('live')) void publish(hub, 'a', 'live');
      if (text.includes('live\n')) break;
    }
    expect(text.match(/^data: .*$/gm)).toEqual(['data: replayed', 'data: live']);
  });

  it('adds no subscriber for a HEAD request', async () => {
    const hub = new Hub();
    const subscribed: boolean[] = [];
    const port = await serveHub(hub, { onStream: (stream) => subscribed.push(hub.subscribe(stream, 'a')) });
    const request = get({ port, host: '127.0.0.1', method: 'HEAD', agent: false });
    await once(request, 'response');
    expect(subscribed).toEqual([false]);
    expect(hub.size).toBe(0);
  });

  it('lets an event stream continue after another id than that of its request', async () => {
    const hub = new Hub();
    const [first, second] = await publish(hub, 'a', 1, 2, 3);
    const port = await serveHub(hub, {
      onStream: (stream) => void hub.subscribe(stream, 'a', { lastEventId: second! }),
    });
    expect(await (await StreamClient.open(port, '', first)).receive(1)).toEqual([3]);
  });

  it('counts the subscribers of a topic', async () => {
    const hub = new Hub();
    const port = await serveHub(hub);
    const clients: HubClient[] = [];
    for (const [, Client] of CLIENTS) clients.push(await (await Client.open(port, 'a/b,c/*')).live());
    expect(['a/b', 'c/d', 'c/*', 'a/*', 'c'].map((topic) => hub.count(topic))).toEqual([2, 2, 2, 0, 0]);
    clients[0]!.disconnect();
    await vi.waitFor(() => expect(hub.count('a/b')).toBe(1), { interval: 1, timeout: 30_000 });
  });

  it('lists the connections that it counts, each once', () => {
    const hub = new Hub();
    const [one, two, three] = [1, 2, 3].map(() => new FakeStream().asStream);
    hub.subscribe(one!, ['a/b', 'a/*']);
    hub.subscribe(two!, 'a/*');
    hub.subscribe(three!, 'c');
    expect(hub.connections('a/b')).toEqual([one, two]);
    expect(hub.connections('*')).toEqual([]);
    expect(() => hub.connections('a//b')).toThrow(expect.objectContaining({ code: 'HUB_ERR_INVALID_OPTION' }));
  });
});

describe('Functions of the application', () => {
  /** Subscribes a stream without a socket with a filter, and one after it. */
  function withFilter(filter: (hub: Hub, stream: FakeStream, event: HubEvent) => boolean) {
    const hub = new Hub();
    const [stream, other] = [new FakeStream(), new FakeStream()];
    hub.subscribe(stream.asStream, ['a', '*'], { filter: (event) => filter(hub, stream, event) });
    hub.subscribe(other.asStream, 'a');
    return { hub, stream, other };
  }

  it('may unsubscribe in a filter', async () => {
    const { hub, stream, other } = withFilter((hub, stream) => !hub.unsubscribe(stream.asStream));
    await settled();
    await publish(hub, 'a', '1', '2');
    expect([stream.received, other.received]).toEqual([[], ['1', '2']]);
    expect(hub.size).toBe(1);
  });

  it('may unsubscribe another connection in a filter, which then receives nothing more', async () => {
    const hub = new Hub();
    const [first, second] = [new FakeStream(), new FakeStream()];
    hub.subscribe(first.asStream, 'a', { filter: () => hub.unsubscribe(second.asStream) || true });
    hub.subscribe(second.asStream, 'a');
    await settled();
    await publish(hub, 'a', '1');
    expect([first.received, second.received]).toEqual([['1'], []]);
  });

  it('may end the connection in a filter, live and while it is behind', async () => {
    const { hub, stream } = withFilter((_, stream) => {
      stream.close();
      return true;
    });
    await settled();
    await publish(hub, 'a', '1', '2');
    expect(stream.received).toEqual([]);
    const back = new FakeStream(stream.clientId);
    const filter = vi.fn(() => {
      back.close();
      return true;
    });
    hub.subscribe(back.asStream, 'a', { filter });
    await settled();
    expect(back.received).toEqual([]);
    expect(filter).toHaveBeenCalledTimes(1);
    expect(hub.size).toBe(1);
  });

  it('may publish in a filter: all receive the events in one order', async () => {
    const { hub, stream, other } = withFilter((hub, _, { data }) => {
      if (data === '1') void publish(hub, 'a', '2', '3');
      return true;
    });
    await settled();
    await publish(hub, 'a', '1');
    await settled();
    expect([stream.received, other.received]).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
  });

  it('may subscribe in a filter: new subscribers receive what is published after this event', async () => {
    const late = new FakeStream();
    const { hub, stream } = withFilter((hub, stream) => {
      hub.subscribe(late.asStream, '*');
      hub.subscribe(stream.asStream, ['a', 'b']);
      return true;
    });
    await settled();
    await publish(hub, 'a', '1');
    await publish(hub, 'b', '2');
    expect(late.received).toEqual(['2']);
    expect(stream.received).toEqual(['1', '2']);
  });

  it('may shut the hub down in a filter', async () => {
    const { hub, stream, other } = withFilter((hub) => {
      void hub.shutdown();
      return true;
    });
    await settled();
    await Promise.allSettled([hub.publish('a', { data: '1' }), hub.publish('a', { data: '2' })]);
    await hub.shutdown();
    expect([stream.closed, other.closed]).toEqual([true, true]);
    expect([stream.received, other.received]).toEqual([['1'], ['1']]);
  });

  it('may do all of this in encode', async () => {
    const hub = new Hub();
    const [first, second] = [new FakeStream(), new FakeStream()];
    const encode = ({ data }: HubEvent): string => {
      if (data === '1') void publish(hub, 'a', '2');
      hub.unsubscribe(first.asStream);
      return `<${data}>`;
    };
    hub.subscribe(first.asStream, 'a', { encode });
    hub.subscribe(second.asStream, 'a', { encode });
    await settled();
    await publish(hub, 'a', '1');
    await settled();
    expect(second.received).toEqual(['<1>', '<2>']);
    expect(hub.has(first.asStream)).toBe(false);
  });

  it('affect no other subscriber if encode returns an invalid event', async () => {
    const hub = new Hub();
    const [broken, fine] = [new FakeStream(), new FakeStream()];
    hub.subscribe(broken.asStream, 'a', { encode: () => ({ event: 'a\nid: forged', data: '' }) });
    hub.subscribe(fine.asStream, 'a');
    await settled();
    const failed = once(hub, 'hookError');
    await publish(hub, 'a', '1');
    expect((await failed)[0].cause.name).toMatch(/TypeError|RangeError/);
    expect([broken.received, fine.received]).toEqual([[], ['1']]);
  });
});

describe('Before the log has answered for the first time', () => {
  it('subscribers wait, and then receive what they have missed', async () => {
    const log = new FakeLog();
    const hub = new Hub({ log });
    const [first] = log.add(2);
    const [back, fresh] = [new FakeStream(first), new FakeStream()];
    hub.subscribe(back.asStream, 'a');
    hub.subscribe(fresh.asStream, 'a');
    await settled();
    expect([hub.lastEventId, hub.metrics().behind, hub.metrics().recentEvents]).toEqual([undefined, 2, 0]);
    log.start();
    await settled();
    log.addLive('a', 'live');
    expect(back.received).toEqual(['x', 'live']);
    expect(fresh.received).toEqual(['live']);
  });

  it("an error of the tail is reported by 'logError', and by nothing without a listener", async () => {
    const log = new FakeLog();
    const hub = new Hub({ log });
    log.listener!.onError(new Error('unheard'));
    const errors: Error[] = [];
    hub.on('logError', (error) => errors.push(error));
    log.listener!.onError(new Error('no answer'));
    expect(errors.map(({ message }) => message)).toEqual(['no answer']);
  });
});

describe('A log that has failed', () => {
  it.each<[string, (log: FakeLog) => void]>([
    ['is back', (log) => log.listener!.onEntries([])],
    ['has an event', (log) => log.addLive()],
    ['begins anew', (log) => log.restart()],
  ])("is said to answer again by 'logRecovered', once, when its tail %s", (_, answer) => {
    const log = new FakeLog();
    const hub = new Hub({ log });
    log.start();
    const ids: unknown[] = [];
    hub.on('logRecovered', () => ids.push(hub.lastEventId));
    answer(log);
    expect(ids).toEqual([]);
    log.listener!.onError(new Error('no answer'));
    expect(ids).toEqual([]);
    answer(log);
    expect(ids).toEqual([log.latestId]);
    answer(log);
    expect(ids.length).toBe(1);
  });

  it("does not cause 'logRecovered' while a part of the hub has no answer", async () => {
    const log = new FakeLog();
    const hub = new Hub({ log, recent: { count: 0 } });
    const before = log.latestId;
    log.add(1);
    log.start();
    let recoveries = 0;
    hub.on('logRecovered', () => recoveries++);
    log.beforeRead = () => {
      if (log.reads.length < 2) throw new Error('no answer');
    };
    const stream = new FakeStream(before);
    hub.subscribe(stream.asStream, 'a');
    while (log.reads.length === 0) await settled();
    log.listener!.onError(new Error('no answer'));
    log.addLive('b');
    expect(recoveries).toBe(0);
    while (stream.received.length === 0) await settled();
    await settled();
    expect(recoveries).toBe(1);
  });
});
