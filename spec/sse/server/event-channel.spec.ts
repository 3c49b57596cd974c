import { once } from 'node:events';
import { createServer as createHttp2Server, connect as http2Connect } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type AddOptions,
  EventChannel,
  type EventChannelOptions,
  EventParser,
  EventSource,
  EventStream,
  type EventStreamOptions,
} from '../../../src/sse/index.ts';
import { listen, serve } from '../../support/http-server.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';

/** A server whose streams are in the channel; `?since=` stands for Last-Event-ID where it is given. */
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

/** A client that notes what comes. */
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

const joined = (channel: EventChannel<never> | EventChannel): Promise<unknown> => once(channel, 'join');

afterEach(() => void vi.restoreAllMocks());

describe('EventChannel', () => {
  it('sends each event to all of its streams, with ids of its own or of yours', async () => {
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

  it('knows who is there: size, has(), join and leave; close() ends all streams', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const told: string[] = [];
    channel.on('join', (stream) => told.push(`join ${channel.size} ${channel.has(stream)}`));
    channel.on('leave', (stream) => told.push(`leave ${channel.size} ${channel.has(stream)}`));
    const first = await Client.open(url);
    const second = await Client.open(url);
    const left = once(channel, 'leave');
    first.source.close();
    await left;
    second.source.onerror = () => second.source.close();
    const over = once(channel, 'leave');
    channel.close();
    await over;
    expect(told).toEqual(['join 1 true', 'join 2 true', 'leave 1 false', 'leave 0 false']);
  });

  it('takes a stream once, none that is over, and lets one go that stays open', async () => {
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
    channel.broadcast('not heard');
    stream!.send('still open');
    expect(await client.receive(2)).toEqual(['once', 'still open']);
    client.source.close();
    await once(stream!, 'close');
    channel.add(stream!);
    expect(channel.size).toBe(0);
  });

  it('shutdown() waits until the clients have everything', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const client = await Client.open(url);
    client.source.onerror = () => client.source.close();
    channel.broadcast('last words');
    await channel.shutdown();
    expect(await client.receive(1)).toEqual(['last words']);
    expect(channel.size).toBe(0);
  });

  it('refuses what is wrong at the call: options, an empty id, and what would start another field', () => {
    for (const [options, text] of [
      [{ history: { count: -1 } }, 'history.count'],
      [{ history: { bytes: Number.NaN } }, 'history.bytes'],
      [{ history: { age: '1' as never } }, 'history.age'],
      [{ reset: 'a\nb' }, 'event'],
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

  it('serializes what it is told to, once for all, and shows filters the data as they were', async () => {
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

describe('EventChannel, to a client that reconnects', () => {
  it('sends what it has missed, and then what comes, without a gap or a duplicate', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const ids = ['a', 'b', 'c'].map((data) => channel.broadcast(data));
    const client = new Client(url, { lastEventId: ids[0]! });
    await joined(channel);
    channel.broadcast('d');
    expect(await client.receive(3)).toEqual(['b', 'c', 'd']);
  });

  it('sends nothing of the past to one that is new, but an id, so that it misses nothing from then on', async () => {
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

  it('has an id for the time before the first event', async () => {
    const channel = new EventChannel();
    const url = await serveChannel(channel);
    const start = channel.lastEventId;
    channel.broadcast('first');
    expect(await new Client(url, { lastEventId: start }).receive(1)).toEqual(['first']);
  });

  it('tells by an event that something is missing: the id is unknown, too old, or of another channel', async () => {
    const other = new EventChannel();
    const channel = new EventChannel({ history: { count: 2 } });
    const url = await serveChannel(channel);
    const [tooOld, before] = ['a', 'b', 'c', 'd'].map((data) => channel.broadcast(data));
    for (const id of ['unknown', tooOld!, other.broadcast('x'), 'ünknown']) {
      const client = new Client(url, { lastEventId: id });
      await joined(channel);
      expect(await client.receive(1)).toEqual([`reset: ${id}`]);
      // It is known from now on.
      expect(client.source.lastEventId).toBe(channel.lastEventId);
      client.source.close();
      await once(channel, 'leave');
    }
    // What came after the last that was let go is there in whole.
    expect(await new Client(url, { lastEventId: before! }).receive(2)).toEqual(['c', 'd']);
  });

  it('names that event as it is asked to, or sends one of yours', async () => {
    for (const [reset, told] of [
      ['stale', 'stale: old'],
      [(id: string) => ({ event: 'gap', data: `after ${id}`, id: 'ignored' }), 'gap: after old'],
    ] as const) {
      const channel = new EventChannel({ reset });
      const client = new Client(await serveChannel(channel), { lastEventId: 'old', types: ['stale', 'gap'] });
      expect(await client.receive(1)).toEqual([told]);
    }
  });

  it('keeps no more than so many events, bytes, and milliseconds', async () => {
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
    // `id: 1\ndata: 1\n\n` has 15 bytes, and the chunk around it 5.
    expect(await replayed({ bytes: 60 }, (channel) => send(channel, 1, 2, 3, 4))).toBe('2,3,4,end');
    expect(await replayed({ bytes: 59 }, (channel) => send(channel, 1, 2, 3, 4))).toBe('reset: 1,end');
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

  it('takes an id that was given twice for the later event', async () => {
    const channel = new EventChannel({ history: { count: 3 } });
    const url = await serveChannel(channel);
    for (const data of ['a', 'b', 'c', 'd']) channel.broadcast({ id: data === 'c' ? 'a' : data, data });
    expect(await new Client(url, { lastEventId: 'a' }).receive(1)).toEqual(['d']);
  });

  it('goes on after thousands of events that were let go', async () => {
    const channel = new EventChannel({ history: { count: 10 } });
    const url = await serveChannel(channel);
    const ids = Array.from({ length: 5000 }, (_, index) => channel.broadcast(`${index}`));
    expect(await new Client(url, { lastEventId: ids[4990]! }).receive(9)).toEqual(
      Array.from({ length: 9 }, (_, index) => `${4991 + index}`),
    );
  });
});

describe('EventChannel, filters', () => {
  it('let a client see only what it may, live and from the history', async () => {
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

  it('see the event with its id; one that throws lets nothing through, and disturbs nobody else', async () => {
    const channel = new EventChannel();
    const seen: unknown[] = [];
    const throwing = await serveChannel(channel, {
      filter: (event) => {
        seen.push(event);
        throw new Error('broken filter');
      },
    });
    const url = await serveChannel(channel);
    const uncaught = nextUncaughtException();
    const [broken, fine] = [await Client.open(throwing), await Client.open(url)];
    const id = channel.broadcast({ event: 'reset', data: 'x' });
    expect(await fine.receive(1)).toEqual(['reset: x']);
    expect(broken.received).toEqual([]);
    expect(seen).toEqual([{ event: 'reset', data: 'x', id }]);
    expect((await uncaught).message).toBe('broken filter');
  });
});

describe('EventChannel, with a client that does not read', () => {
  /** A client that reads when it is told to. */
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

  it('keeps nothing for it but the history, and sends that when it reads again', async () => {
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

  it('tells it when the history has gone on without it', async () => {
    const channel = new EventChannel({ history: { count: 3 } });
    const { socket, received } = await stalled(await serveChannel(channel));
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

  it('lets go of it when it leaves, and of whoever waits for it', async () => {
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

  it('queues in its stream, up to maxBackpressure, when no history is kept', async () => {
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

describe('EventChannel, over 1000 disconnects', () => {
  it('loses nothing and repeats nothing', async () => {
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
    while (disconnects < 1000) {
      channel.broadcast(`${sent++}`);
      if (random() < 0.3) channel.broadcast(`hidden ${sent}`);
      const victims = streams.filter(() => random() < 0.2);
      for (const stream of victims) {
        disconnects++;
        // Gently and roughly: with what is queued, and without.
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
