import { once } from 'node:events';
import { createServer as createHttp2Server, connect as http2Connect } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Hub } from '../../../src/hub/index.ts';
import {
  type AddOptions,
  EventChannel,
  type EventChannelOptions,
  EventParser,
  EventSource,
  EventStream,
  type EventStreamOptions,
} from '../../../src/sse/index.ts';
import { isDue } from '../../support/full-run.ts';
import { listen, serve } from '../../support/http-server.ts';

/** Starts a server that adds its streams to the channel. `?since=` replaces the Last-Event-ID header. */
async function serveChannel<Context, Data>(
  channel: EventChannel<Context, Data>,
  options: AddOptions<Context, Data> = {},
  streamOptions: EventStreamOptions = {},
): Promise<string> {
  return serve((request, response) => {
    const since = new URL(request.url ?? '', 'http://a').searchParams.get('since');
    const stream = EventStream.open(request, response, streamOptions);
    channel.add(stream, since === null ? options : { ...options, lastEventId: since });
  });
}

/** A client that records the events it receives. */
class Client {
  readonly received: string[] = [];
  readonly source: EventSource;
  #wake: () => void = () => {};

  constructor(url: string, options: { lastEventId?: string; types?: string[] } = {}) {
    const { types = ['reset'], ...others } = options;
    this.source = new EventSource(url, { reconnectionTime: 1, ...others });
    const note = ({ type, data }: MessageEvent): void => {
      this.received.push(type === 'message' ? data : `${type}: ${data}`);
      this.#wake();
    };
    for (const type of ['message', ...types]) this.source.addEventListener(type, note);
    onTestFinished(() => this.source.close());
  }

  static async open(...args: ConstructorParameters<typeof Client>): Promise<Client> {
    const client = new Client(...args);
    await once(client.source, 'open');
    return client;
  }

  async receive(count: number): Promise<string[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }
}

/** Opens a stream of a client that stays connected. */
async function openStream(): Promise<EventStream> {
  return new Promise((resolve) => {
    void serve((request, response) => resolve(EventStream.open(request, response))).then((url) => Client.open(url));
  });
}

const joined = (channel: EventChannel<never> | EventChannel): Promise<unknown> => once(channel, 'join');

afterEach(() => void vi.restoreAllMocks());

describe('An EventChannel', () => {
  it('sends each event to all streams, with generated ids or those of the application', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const clients = [await Client.open(url), await Client.open(url)];
    const ids = [
      channel.broadcast('text'),
      channel.broadcast({ event: 'reset', data: 'typed' }),
      channel.broadcast({ id: 'mine', data: 'with an id' }),
      channel.broadcast({ id: 0, data: 'zero' }),
    ];
    for (const client of clients) {
      expect(await client.receive(4)).toEqual(['text', 'reset: typed', 'with an id', 'zero']);
      expect(client.source.lastEventId).toBe('0');
    }
    expect(ids.slice(2)).toEqual(['mine', '0']);
    expect(ids[0]).not.toBe(ids[1]);
    expect(channel.lastEventId).toBe('0');
  });

  it("reports its streams with size, has(), 'join' and 'leave'; close() ends all of them", async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const log: string[] = [];
    channel.on('join', (stream) => log.push(`join ${channel.size} ${channel.has(stream)}`));
    channel.on('leave', (stream) => log.push(`leave ${channel.size} ${channel.has(stream)}`));
    const first = await Client.open(url);
    const second = await Client.open(url);
    const left = once(channel, 'leave');
    first.source.close();
    await left;
    second.source.onerror = () => second.source.close();
    const over = once(channel, 'leave');
    channel.close();
    await over;
    expect(log).toEqual(['join 1 true', 'join 2 true', 'leave 1 false', 'leave 0 false']);
  });

  it('adds a stream once, adds no ended stream, and leaves a removed stream open', async () => {
    const channel = new EventChannel();
    let stream: EventStream | undefined;
    const url = await serve((request, response) => {
      stream = EventStream.open(request, response);
      channel.add(stream);
      channel.add(stream);
    });
    const client = await Client.open(url);
    channel.broadcast('once');
    expect(await client.receive(1)).toEqual(['once']);
    expect(channel.remove(stream!)).toBe(true);
    expect(channel.remove(stream!)).toBe(false);
    channel.broadcast('not sent');
    stream!.send('still open');
    expect(await client.receive(2)).toEqual(['once', 'still open']);
    client.source.close();
    await once(stream!, 'close');
    channel.add(stream!);
    expect(channel.size).toBe(0);
  });

  it('waits in shutdown() until everything has been sent', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const client = await Client.open(url);
    client.source.onerror = () => client.source.close();
    channel.broadcast('last words');
    await channel.shutdown();
    expect(await client.receive(1)).toEqual(['last words']);
    expect(channel.size).toBe(0);
  });

  it('throws for invalid options, for an empty id, and for text that would start another field', () => {
    for (const [options, text] of [
      [{ history: { count: -1 } }, 'history.count'],
      [{ history: { bytes: Number.NaN } }, 'history.bytes'],
      [{ history: { age: '1' as never } }, 'history.age'],
      [{ reset: 'a\nb' }, 'event'],
      [{ reset: 1 as never }, 'reset must be a string or a function; received 1'],
    ] as [EventChannelOptions, string][]) {
      expect(() => new EventChannel(options)).toThrow(text);
    }
    const channel = new EventChannel();
    expect(() => channel.broadcast({ id: '', data: 'x' })).toThrow(
      expect.objectContaining({ code: 'SSE_ERR_EMPTY_ID' }),
    );
    for (const event of [{ event: 'a\r' }, { id: 'a\n' }, { id: 'a\0' }, { event: '\n' }]) {
      expect(() => channel.broadcast({ data: 'x', ...event })).toThrow(TypeError);
    }
    expect(() => channel.broadcast({ data: 'x', retry: -1 })).toThrow(RangeError);
  });

  it('serializes data once for all streams, and passes the original data to filters', async () => {
    const serialize = vi.fn(JSON.stringify);
    const channel = new EventChannel<undefined, { n: number }>({ serialize });
    const url = await serveChannel(channel, { filter: ({ data }) => data!.n > 1 });
    const clients = [await Client.open(url), await Client.open(url)];
    channel.broadcast({ data: { n: 1 } });
    channel.broadcast({ data: { n: 2 } });
    for (const client of clients) expect(await client.receive(1)).toEqual(['{"n":2}']);
    expect(serialize).toHaveBeenCalledTimes(2);
  });

  it('works over HTTP/2, without a Connection header', async () => {
    const channel = new EventChannel();
    const server = createHttp2Server((request, response) => channel.add(EventStream.open(request, response)));
    const session = http2Connect(`http://127.0.0.1:${await listen(server)}`);
    onTestFinished(() => session.destroy());
    const request = session.request({ ':path': '/' });
    const [headers] = await once(request, 'response');
    expect(headers).not.toHaveProperty('connection');
    channel.broadcast({ id: '1', data: 'over http2' });
    let text = '';
    for await (const chunk of request) {
      text += chunk;
      if (text.includes('over http2')) break;
    }
    expect(text).toMatch(/id: 1\ndata: over http2\n\n$/);
  });
});

describe('A client that reconnects to an EventChannel', () => {
  it('gets the events that it has missed, and then live events, without gaps or duplicates', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const ids = ['a', 'b', 'c'].map((data) => channel.broadcast(data));
    const client = new Client(url, { lastEventId: ids[0]! });
    await joined(channel);
    channel.broadcast('d');
    expect(await client.receive(3)).toEqual(['b', 'c', 'd']);
  });

  it('gets no past events on its first connection, but an id, so that it misses no later ones', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    channel.broadcast('before');
    const client = await Client.open(url);
    const id = channel.lastEventId;
    while (client.source.lastEventId !== id) await new Promise(setImmediate);
    client.source.close();
    channel.broadcast('missed');
    client.source.reconnect();
    await joined(channel);
    channel.broadcast('live');
    expect(await client.receive(2)).toEqual(['missed', 'live']);
  });

  it('belongs to one channel, because a client has one last event ID: a second add() throws', async () => {
    const [news, ticker] = [new EventChannel(), new EventChannel()];
    const stream = await openStream();
    news.add(stream);
    for (const options of [{}, { lastEventId: '' }]) {
      expect(() => ticker.add(stream, options)).toThrow(
        expect.objectContaining({
          code: 'SSE_ERR_SEVERAL_CHANNELS',
          message: expect.stringMatching(/pass lastEventId/),
        }),
      );
    }
    expect([news.has(stream), ticker.size, stream.closed]).toEqual([true, 0, false]);
    news.remove(stream);
    expect(ticker.add(stream)).toBe(true);
  });

  it('can be in several channels, each with a lastEventId, and receives no reset after a reconnection', async () => {
    const channels = [new EventChannel({ history: { count: 0 } }), new EventChannel(), new EventChannel()];
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response);
      for (const channel of channels) channel.add(stream, { lastEventId: '' });
    });
    const client = await Client.open(url);
    for (const [index, channel] of channels.entries()) channel.broadcast(`before ${index}`);
    await client.receive(3);
    const again = joined(channels[2]!);
    client.source.reconnect();
    await again;
    for (const [index, channel] of channels.entries()) channel.broadcast(`after ${index}`);
    expect((await client.receive(6)).slice(3)).toEqual(['after 0', 'after 1', 'after 2']);
  });

  it('belongs to one channel or hub', async () => {
    const [channel, hub, other] = [new EventChannel(), new Hub(), new Hub()];
    const stream = await openStream();
    const refused = expect.objectContaining({ code: 'SSE_ERR_SEVERAL_CHANNELS' });
    channel.add(stream);
    expect(() => hub.subscribe(stream, 'a')).toThrow(refused);
    expect(hub.count('a')).toBe(0);
    channel.remove(stream);
    expect([hub.subscribe(stream, 'a'), hub.subscribe(stream, 'b')]).toEqual([true, true]);
    expect(() => channel.add(stream)).toThrow(refused);
    expect(() => other.subscribe(stream, 'a', { lastEventId: '' })).toThrow(refused);
    hub.unsubscribe(stream, 'a');
    expect(() => channel.add(stream)).toThrow(refused);
    hub.unsubscribe(stream);
    for (const one of [hub, other]) expect(one.subscribe(stream, 'a', { lastEventId: '' })).toBe(true);
    expect(channel.add(stream, { lastEventId: '' })).toBe(true);
  });

  it('that leaves one of several channels still needs a lastEventId for another one', async () => {
    const channels = [new EventChannel(), new EventChannel(), new EventChannel()];
    const stream = await openStream();
    for (const channel of channels) channel.add(stream, { lastEventId: '' });
    const [first, ...others] = channels;
    first!.remove(stream);
    expect(() => first!.add(stream)).toThrow(expect.objectContaining({ code: 'SSE_ERR_SEVERAL_CHANNELS' }));
    for (const channel of others) channel.remove(stream);
    expect(first!.add(stream)).toBe(true);
  });

  it('can have the id of the time before the first event', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const start = channel.lastEventId;
    channel.broadcast('first');
    expect(await new Client(url, { lastEventId: start }).receive(1)).toEqual(['first']);
  });

  it('gets a reset event if its last event ID is unknown, too old, or from another channel', async () => {
    const other = new EventChannel();
    const channel = new EventChannel({ history: { count: 2 } });
    const url = await serveChannel(channel);
    const [tooOld, before] = ['a', 'b', 'c', 'd'].map((data) => channel.broadcast(data));
    for (const id of ['unknown', tooOld!, other.broadcast('x'), 'ünknown']) {
      const client = new Client(url, { lastEventId: id });
      await joined(channel);
      expect(await client.receive(1)).toEqual([`reset: ${id}`]);
      // The reset event has an id that the channel knows.
      expect(client.source.lastEventId).toBe(channel.lastEventId);
      client.source.close();
      await once(channel, 'leave');
    }
    // The last event that was removed is a known position: all events after it are kept.
    expect(await new Client(url, { lastEventId: before! }).receive(2)).toEqual(['c', 'd']);
  });

  it.each(['%00', '%0A', '%FF', '%20'])('gets a reset event if a URL gives %s as its last event ID', async (since) => {
    const url = await serveChannel(new EventChannel());
    const client = await Client.open(`${url}?since=${since}`);
    expect(await client.receive(1)).toEqual([expect.stringMatching(/^reset: /)]);
  });

  it('gets a reset event with the type of the options, or the event of the application', async () => {
    for (const [reset, log] of [
      ['stale', 'stale: old'],
      [(id: string) => ({ event: 'gap', data: `after ${id}`, id: 'ignored' }), 'gap: after old'],
    ] as const) {
      const channel = new EventChannel({ reset });
      const client = new Client(await serveChannel(channel), { lastEventId: 'old', types: ['stale', 'gap'] });
      expect(await client.receive(1)).toEqual([log]);
    }
  });

  it('gets events within the limits of the history: count, bytes and age', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const replayed = async (history: EventChannelOptions['history'], act: (channel: EventChannel) => void) => {
      const channel = new EventChannel({ history });
      const url = await serveChannel(channel);
      act(channel);
      const client = new Client(`${url}?since=1`);
      await joined(channel);
      channel.broadcast('end');
      while (client.received.at(-1) !== 'end') await client.receive(client.received.length + 1);
      return client.received.join();
    };
    const send = (channel: EventChannel, ...ids: number[]): void => {
      for (const id of ids) channel.broadcast({ id, data: `${id}` });
    };
    expect(await replayed({ count: 3 }, (channel) => send(channel, 1, 2, 3, 4))).toBe('2,3,4,end');
    expect(await replayed({ count: 3 }, (channel) => send(channel, 1, 2, 3, 4, 5))).toBe('reset: 1,end');
    const measured = new EventChannel();
    send(measured, 1, 2, 3);
    const bytes = measured.metrics().historyMemory;
    expect(await replayed({ bytes }, (channel) => send(channel, 1, 2, 3, 4))).toBe('2,3,4,end');
    expect(await replayed({ bytes: bytes - 1 }, (channel) => send(channel, 1, 2, 3, 4))).toBe('reset: 1,end');
    expect(await replayed({ bytes: 0 }, (channel) => send(channel, 1))).toBe('end');
    const age = (wait: number) =>
      replayed({ age: 1000 }, (channel) => {
        now.mockReturnValue(0);
        send(channel, 1, 2);
        now.mockReturnValue(wait);
      });
    expect(await age(999)).toBe('2,end');
    expect(await age(1000)).toBe('reset: 1,end');
  });

  it('continues after the later event if an id was used twice', async () => {
    const channel = new EventChannel({ history: { count: 3 } });
    const url = await serveChannel(channel);
    for (const data of ['a', 'b', 'c', 'd']) channel.broadcast({ id: data === 'c' ? 'a' : data, data });
    expect(await new Client(url, { lastEventId: 'a' }).receive(1)).toEqual(['d']);
  });

  it('gets the latest events after thousands were removed from the history', async () => {
    const channel = new EventChannel({ history: { count: 10 } });
    const url = await serveChannel(channel);
    const ids = Array.from({ length: 5000 }, (_, index) => channel.broadcast(`${index}`));
    expect(await new Client(url, { lastEventId: ids[4990]! }).receive(9)).toEqual(
      Array.from({ length: 9 }, (_, index) => `${4991 + index}`),
    );
  });
});

describe('The filters of an EventChannel', () => {
  it('select the events of a client, live and from the history', async () => {
    const channel = new EventChannel<{ room: string }>();
    const ofRoom = (room: string) => (_event: unknown, context: { room: string }) => context.room === room;
    const blue = await serveChannel(channel, { filter: ofRoom('blue') });
    const red = await serveChannel(channel, { filter: ofRoom('red') });
    const start = channel.lastEventId;
    channel.broadcast('past blue', { room: 'blue' });
    channel.broadcast('past red', { room: 'red' });
    const clients = [new Client(blue, { lastEventId: start }), new Client(red, { lastEventId: start })];
    while (channel.size < 2) await joined(channel as never);
    channel.broadcast('red', { room: 'red' });
    channel.broadcast('blue', { room: 'blue' });
    expect(await clients[0]!.receive(2)).toEqual(['past blue', 'blue']);
    expect(await clients[1]!.receive(2)).toEqual(['past red', 'red']);
  });

  it('get the event with its id; a filter that throws rejects the event, and affects no other client', async () => {
    const channel = new EventChannel();
    const seen: unknown[] = [];
    const throwing = await serveChannel(channel, {
      filter: (event) => {
        seen.push(event);
        throw new Error('broken filter');
      },
    });
    const url = await serveChannel(channel);
    const failed = once(channel, 'hookError');
    const [broken, fine] = [await Client.open(throwing), await Client.open(url)];
    const id = channel.broadcast({ event: 'reset', data: 'x' });
    expect(await fine.receive(1)).toEqual(['reset: x']);
    expect(broken.received).toEqual([]);
    expect(seen).toEqual([{ event: 'reset', data: 'x', id }]);
    expect((await failed)[0]).toMatchObject({ hook: 'filter', cause: { message: 'broken filter' } });
  });
});

describe('A client of an EventChannel that does not read', () => {
  /** A client that does not read until `socket.resume()` is called. */
  async function stalled(url: string) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.pause();
    socket.write('GET / HTTP/1.0\r\n\r\n');
    onTestFinished(() => void socket.destroy());
    const received: string[] = [];
    const parser = new EventParser({
      onEvent: ({ type, data }) => void received.push(`${type} ${data.slice(0, 8)}`),
    });
    socket.on('data', (chunk) => parser.push(chunk));
    return { socket, received };
  }
  const filler = 'x'.repeat(64 * 1024);

  it('has no queue of its own, and gets events from the history when it reads again', async () => {
    const channel = new EventChannel({ history: { bytes: 100 * 1024 * 1024 } });
    let stream: EventStream | undefined;
    channel.on('join', (added) => {
      stream = added;
    });
    const { socket, received } = await stalled(await serveChannel(channel));
    while (channel.size < 1) await joined(channel);
    const count = 500;
    for (let index = 0; index < count; index++) {
      channel.broadcast(`${`${index}`.padStart(8, '0')}${filler}`);
      await new Promise(setImmediate);
    }
    expect(stream!.queuedBytes).toBe(0);
    socket.resume();
    while (received.length < count) await once(socket, 'data');
    expect(received).toEqual(Array.from({ length: count }, (_, index) => `message ${`${index}`.padStart(8, '0')}`));
  });

  it.each([{ count: 3 }, { bytes: 1 }, { age: 1 }])(
    'gets all events up to its maxBackpressure with the history %j',
    async (history) => {
      const channel = new EventChannel({ history });
      const { socket, received } = await stalled(await serveChannel(channel));
      while (channel.size < 1) await joined(channel);
      for (let index = 0; index < 200; index++) channel.broadcast(filler);
      await new Promise((resolve) => setTimeout(resolve, 2));
      channel.broadcast('last');
      expect(channel.metrics().historyMemory).toBeGreaterThan(8 * 1024 * 1024);
      socket.resume();
      while (received.at(-1) !== 'message last') await once(socket, 'data');
      expect(received.length).toBe(201);
      // Then, only the limits count.
      await expect.poll(() => channel.metrics().historyMemory).toBeLessThan(1024 * 1024);
    },
  );

  it.each([20_000, 900])('gets every event of a burst of %d in one turn of the event loop', async (count) => {
    const channel = new EventChannel();
    const client = await Client.open(await serveChannel(channel));
    for (let index = 0; index < count; index++) channel.broadcast(`${index}`);
    expect(await client.receive(count)).toEqual(Array.from({ length: count }, (_, index) => `${index}`));
  });

  it('gets a reset event if it was slow beyond its maxBackpressure and the history no longer has its next event', async () => {
    const channel = new EventChannel({ history: { count: 3 } });
    const { socket, received } = await stalled(await serveChannel(channel, {}, { maxBackpressure: 1024 * 1024 }));
    while (channel.size < 1) await joined(channel);
    for (let index = 0; index < 500; index++) {
      channel.broadcast(`${`${index}`.padStart(8, '0')}${filler}`);
      await new Promise(setImmediate);
    }
    socket.resume();
    while (!received.some((event) => event.startsWith('reset'))) await once(socket, 'data');
    channel.broadcast('live');
    while (received.at(-1) !== 'message live') await once(socket, 'data');
    expect(received.length).toBeLessThan(500);
  });

  it('is removed when it disconnects, and drained() resolves', async () => {
    const channel = new EventChannel();
    let stream: EventStream | undefined;
    channel.on('join', (added) => {
      stream = added;
    });
    const { socket } = await stalled(await serveChannel(channel));
    while (channel.size < 1) await joined(channel);
    expect(await stream!.drained()).toBe(true);
    for (let index = 0; index < 200; index++) channel.broadcast(filler);
    const waiting = Promise.all([stream!.drained(), stream!.drained()]);
    socket.destroy();
    expect(await waiting).toEqual([false, false]);
    expect(channel.size).toBe(0);
    expect(await stream!.drained()).toBe(false);
    for (const event of ['drain', 'close']) expect(stream!.listenerCount(event)).toBe(0);
  });

  it('has a queue of up to maxBackpressure bytes if there is no history', async () => {
    const channel = new EventChannel({ history: { count: 0 } });
    await stalled(await serveChannel(channel, {}, { maxBackpressure: 1024 * 1024 }));
    while (channel.size < 1) await joined(channel);
    const left = once(channel, 'leave');
    for (let index = 0; channel.size > 0 && index < 1000; index++) {
      channel.broadcast(filler);
      await new Promise(setImmediate);
    }
    await left;
  });
});

describe('The clients of an EventChannel', () => {
  const most = isDue('disconnects') ? 1000 : 150;
  it(`miss no event and get none twice over ${most} disconnects`, async () => {
    const channel = new EventChannel();
    const streams: EventStream[] = [];
    channel.on('join', (stream) => void streams.push(stream));
    channel.on('leave', (stream) => void streams.splice(streams.indexOf(stream), 1));
    const url = await serveChannel(channel, { filter: ({ data }) => !data!.startsWith('hidden') });
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.open(url)));
    let disconnects = 0;
    let sent = 0;
    let state = 12_345;
    const random = (): number => {
      state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
      return state / 0x7fff_ffff;
    };
    while (disconnects < most) {
      channel.broadcast(`${sent++}`);
      if (random() < 0.3) channel.broadcast(`hidden ${sent}`);
      const victims = streams.filter(() => random() < 0.2);
      for (const stream of victims) {
        disconnects++;
        // With the queued events, and without them.
        if (random() < 0.5) stream.close();
        else stream.terminate();
      }
      if (random() < 0.5) await new Promise(setImmediate);
    }
    channel.broadcast(`${sent++}`);
    const all = Array.from({ length: sent }, (_, index) => `${index}`);
    for (const client of clients) expect(await client.receive(sent)).toEqual(all);
  }, 60_000);
});

describe('The ids of events', () => {
  it.each([
    ['a control character', 'a\u0001b'],
    ['a tab', 'a\tb'],
    ['DEL', 'a\x7f'],
    ['a space at the start', ' a'],
    ['a space at the end', 'a '],
    ['a lone surrogate', '\ud800'],
    ['more than 4,096 bytes', 'é'.repeat(2049)],
  ])('cannot be returned by a client with %s, so that broadcast() and send() refuse them', async (_, id) => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const client = await Client.open(url);
    expect(() => channel.broadcast({ id, data: 'x' })).toThrow(expect.objectContaining({ code: 'SSE_ERR_INVALID_ID' }));
    channel.broadcast('next');
    expect(await client.receive(1)).toEqual(['next']);
  });

  it('are returned by a client as they were sent, if they are accepted', async () => {
    for (const id of ['a', 'ü', '😀', 'a b', '\u0080', '\u00a0x\u00a0', '"', 'x'.repeat(4096)]) {
      const channel = new EventChannel();
      const streams: EventStream[] = [];
      const url = await serve((request, response) => {
        const stream = EventStream.open(request, response);
        streams.push(stream);
        channel.add(stream);
      });
      const client = await Client.open(url);
      channel.broadcast({ id, data: '1' });
      await client.receive(1);
      const again = joined(channel);
      streams[0]!.terminate();
      channel.broadcast('2');
      await again;
      expect(await client.receive(2)).toEqual(['1', '2']);
      expect(streams[1]!.lastEventId).toBe(id);
      client.source.close();
    }
  });
});

describe('A stream that was removed from an EventChannel', () => {
  it('receives the events since then when it is added again, none twice', async () => {
    const channel = new EventChannel();
    let stream: EventStream | undefined;
    const url = await serve((request, response) => {
      stream = EventStream.open(request, response);
      channel.add(stream);
    });
    channel.broadcast({ id: 'first', data: '0' });
    const client = await Client.open(url, { lastEventId: 'first' });
    channel.broadcast('1');
    channel.remove(stream!);
    channel.broadcast('2');
    channel.add(stream!);
    channel.broadcast('3');
    expect(await client.receive(3)).toEqual(['1', '2', '3']);
  });
});

describe('A filter that hides events', () => {
  /** A client sees one event, then many are hidden from it; it reconnects. Returns what it receives afterwards. */
  async function reconnectAfterHidden(
    history: EventChannelOptions['history'],
    hide: (channel: EventChannel) => unknown,
  ) {
    const channel = new EventChannel({ history });
    const streams: EventStream[] = [];
    const url = await serve((request, response) => {
      const stream = EventStream.open(request, response);
      streams.push(stream);
      channel.add(stream, { filter: ({ data }) => data !== 'hidden' });
    });
    const client = await Client.open(url);
    channel.broadcast('seen');
    await client.receive(1);
    await hide(channel);
    const again = joined(channel);
    streams[0]!.comment('the last bytes');
    await new Promise((resolve) => setTimeout(resolve, 20));
    streams[0]!.terminate();
    await again;
    channel.broadcast('next');
    return client.receive(2);
  }

  it('causes no reset when more events are hidden than the history keeps', async () => {
    for (const count of [1, 2, 3, 10]) {
      const hide = (channel: EventChannel): void => {
        for (let index = 0; index < 35; index++) channel.broadcast('hidden');
      };
      expect(await reconnectAfterHidden({ count }, hide)).toEqual(['seen', 'next']);
    }
  });

  it('causes no reset when the hidden events become too old', async () => {
    const hide = async (channel: EventChannel): Promise<void> => {
      channel.broadcast('hidden');
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    expect(await reconnectAfterHidden({ age: 100 }, hide)).toEqual(['seen', 'next']);
  });

  it('causes few ids: one for half of a history', async () => {
    const channel = new EventChannel({ history: { count: 100 } });
    const url = await serveChannel(channel, { filter: () => false });
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void client.destroy());
    let text = '';
    client.on('data', (chunk) => {
      text += chunk.toString();
    });
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await joined(channel);
    for (let index = 0; index < 1000; index++) channel.broadcast(`${index}`);
    await Promise.all([channel.shutdown(), once(client, 'end')]);
    expect(text.match(/^id: /gm)!.length).toBeLessThan(30);
  });
});

describe('EventChannel.shutdown()', () => {
  it('sends a client that was slow, and reads again, everything that was broadcast before', async () => {
    const channel = new EventChannel({ history: { count: 100_000, bytes: 64 * 1024 * 1024 } });
    const url = await serveChannel(channel);
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void client.destroy());
    const ids: string[] = [];
    const parser = new EventParser({ onEvent: ({ lastEventId }) => void ids.push(lastEventId) });
    client.write('GET / HTTP/1.0\r\n\r\n');
    client.pause();
    await joined(channel);
    for (let id = 1; id <= 20_000; id++) channel.broadcast({ id, data: 'x'.repeat(1000) });
    const done = channel.shutdown();
    channel.broadcast({ id: 'late', data: 'not sent' });
    client.on('data', (chunk) => parser.push(chunk)).resume();
    await Promise.all([done, once(client, 'end')]);
    expect(ids.length).toBe(20_000);
    expect(ids.at(-1)).toBe('20000');
    expect(channel.size).toBe(0);
  });

  it('destroys the connection of a client that does not read, after `timeout`', async () => {
    const channel = new EventChannel({ history: { count: 100_000, bytes: 64 * 1024 * 1024 } });
    const url = await serveChannel(channel);
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    client.on('error', () => {});
    onTestFinished(() => void client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    client.pause();
    await joined(channel);
    for (let id = 1; id <= 20_000; id++) channel.broadcast({ id, data: 'x'.repeat(1000) });
    await channel.shutdown({ timeout: 50 });
    expect(channel.size).toBe(0);
  });
});

describe('The end of a stream in an EventChannel', () => {
  it('does not disturb broadcasts in the same turn of the event loop', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    await Client.open(url);
    const [stream] = await new Promise<[EventStream]>((resolve) => {
      channel.on('join', (joining) => resolve([joining]));
      void Client.open(url);
    });
    stream.close();
    for (let index = 0; index < 3; index++) channel.broadcast('x');
    await once(channel, 'leave');
    expect(channel.has(stream)).toBe(false);
  });
});

describe('The metrics of an EventChannel', () => {
  it('count the streams, the history, and what waits for clients that do not read', async () => {
    const channel = new EventChannel({ history: { count: 5 } });
    const url = await serveChannel(channel, {}, { maxBackpressure: 500_000 });
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    client.pause();
    await joined(channel);
    expect(channel.metrics()).toEqual({
      streams: 1,
      refused: 0,
      sendMemory: expect.any(Number),
      historyEvents: 0,
      historyMemory: 0,
    });
    for (let index = 0; index < 10; index++) channel.broadcast('x'.repeat(1_500_000));
    const { sendMemory, historyEvents, historyMemory } = channel.metrics();
    expect(historyEvents).toBe(1);
    expect(historyMemory).toBeLessThan(3_100_000);
    expect(sendMemory).toBeGreaterThan(1_000_000);
  });
});
