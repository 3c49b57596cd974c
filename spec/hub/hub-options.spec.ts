import { describe, expect, it } from 'vitest';
import { Hub, type HubOptions, type HubShutdownOptions, MemoryLog } from '../../src/hub/index.ts';
import { FakeLog } from '../support/fake-log.ts';
import { FakeStream } from '../support/fake-stream.ts';
import { connectPair } from '../support/sockets.ts';

const INVALID = { code: 'HUB_ERR_INVALID_OPTION' };

describe('A Hub', () => {
  it.each<[string, unknown, string]>([
    ['options', 'text', 'options must be an object; received "text"'],
    [
      'log in place of the options',
      new MemoryLog(),
      'options must be an object with the option log; received an instance of MemoryLog',
    ],
    ['log', { log: {} }, 'log must be a Log; received an object'],
    ['log', { log: 1 }, 'log must be a Log; received 1'],
    ['recent', { recent: 5 }, 'recent must be an object; received 5'],
    ['recent.count', { recent: { count: -1 } }, 'recent.count must be at least 0; received -1'],
    ['recent.bytes', { recent: { bytes: '1' } }, 'recent.bytes must be a number; received "1"'],
    ['recent.age', { recent: { age: Number.NaN } }, 'recent.age must be at least 0 milliseconds; received NaN'],
    ['maxEventBytes', { maxEventBytes: -1 }, 'maxEventBytes must be at least 0 bytes; received -1'],
    ['maxUnconfirmedBytes', { maxUnconfirmedBytes: [] }, 'maxUnconfirmedBytes must be a number; received an array'],
    ['publishTimeout', { publishTimeout: -1 }, 'publishTimeout must be at least 0 milliseconds; received -1'],
    ['maxTopics', { maxTopics: true }, 'maxTopics must be a number; received true'],
    ['presenceInterval', { presenceInterval: -5 }, 'presenceInterval must be at least 0 milliseconds; received -5'],
  ])('throws for an invalid %s', (_, options, message) => {
    expect(() => new Hub(options as HubOptions)).toThrow(expect.objectContaining({ message, ...INVALID }));
  });

  it('treats undefined and null as the defaults', () => {
    const names = ['log', 'recent', 'maxEventBytes', 'maxUnconfirmedBytes', 'publishTimeout', 'maxTopics'] as const;
    for (const value of [undefined, null]) new Hub(Object.fromEntries(names.map((name) => [name, value])));
    new Hub(null as never);
  });
});

describe('subscribe()', () => {
  it.each<[string, unknown, unknown, unknown, string]>([
    ['connection', undefined, 'a', {}, 'connection must be an EventStream or a WebSocket; received undefined'],
    ['connection', null, 'a', {}, 'connection must be an EventStream or a WebSocket; received null'],
    ['connection', {}, 'a', {}, 'connection must be an EventStream or a WebSocket; received an object'],
    ['topics', new FakeStream(), undefined, {}, 'topics must be a string or an array of strings; received undefined'],
    ['options', new FakeStream(), 'a', 1, 'options must be an object; received 1'],
    ['filter', new FakeStream(), 'a', { filter: 1 }, 'filter must be a function; received 1'],
    ['encode', new FakeStream(), 'a', { encode: {} }, 'encode must be a function; received an object'],
    ['lastEventId', new FakeStream(), 'a', { lastEventId: 7 }, 'lastEventId must be a string; received 7'],
  ])('throws for an invalid %s, and adds no subscriber', (_, connection, topics, options, message) => {
    const hub = new Hub();
    expect(() => hub.subscribe(connection as never, topics as never, options as never)).toThrow(
      expect.objectContaining({ message, ...INVALID }),
    );
    expect(hub.size).toBe(0);
  });

  it("throws for the client's end of a WebSocket, as accept() does: what a hub sends is not masked", async () => {
    const hub = new Hub();
    const { clientEnd, serverEnd } = await connectPair();
    const message = 'connection must be an EventStream or a WebSocket of a server; received a WebSocket of a client';
    const refused = expect.objectContaining({ name: 'TypeError', message, ...INVALID });
    expect(() => hub.subscribe(clientEnd, 'a')).toThrow(refused);
    expect(() => hub.accept(clientEnd, {} as never, { authorize: () => true })).toThrow(
      expect.objectContaining({
        message: 'webSocket must be a WebSocket of a server; received a WebSocket of a client',
        ...INVALID,
      }),
    );
    expect(hub.subscribe(serverEnd, 'a')).toBe(true);
  });

  it('throws for more than maxTopics, those of the connection included, and adds none of them', () => {
    const hub = new Hub({ maxTopics: 3 });
    const { asStream } = new FakeStream();
    const tooMany = (received: number) =>
      expect.objectContaining({
        name: 'RangeError',
        message: `A connection exceeds maxTopics (limit 3, received ${received})`,
        ...INVALID,
      });
    expect(() => hub.subscribe(asStream, ['a', 'b', 'c', 'd'])).toThrow(tooMany(4));
    expect(hub.has(asStream)).toBe(false);
    expect(hub.subscribe(asStream, ['a', 'b'])).toBe(true);
    expect(() => hub.subscribe(asStream, ['c', 'd'])).toThrow(tooMany(4));
    expect(hub.count('c')).toBe(0);
    expect(hub.subscribe(asStream, ['a', 'b', 'c'])).toBe(true);
    hub.unsubscribe(asStream, 'a');
    expect(hub.subscribe(asStream, ['d'])).toBe(true);
  });

  it('counts a topic that is given twice once', () => {
    const hub = new Hub({ maxTopics: 2 });
    expect(hub.subscribe(new FakeStream().asStream, ['a', 'a', 'b', 'b'])).toBe(true);
  });

  it('with maxTopics of 0 has no limit', () => {
    const topics = Array.from({ length: 1000 }, (_, index) => `t/${index}`);
    expect(new Hub({ maxTopics: 0 }).subscribe(new FakeStream().asStream, topics)).toBe(true);
  });

  it('throws for options of a connection that is a subscriber already', () => {
    const hub = new Hub();
    const { asStream } = new FakeStream();
    hub.subscribe(asStream, 'a');
    for (const options of [{ lastEventId: '' }, { filter: () => true }, { encode: () => '' }]) {
      expect(() => hub.subscribe(asStream, 'b', options)).toThrow(
        expect.objectContaining({
          name: 'TypeError',
          message: 'lastEventId, filter and encode must be given with the first topics of a connection',
          ...INVALID,
        }),
      );
    }
    expect(hub.count('b')).toBe(0);
    expect(hub.subscribe(asStream, 'b', {})).toBe(true);
  });

  it('without topics throws', () => {
    const hub = new Hub();
    const { asStream } = new FakeStream();
    expect(() => hub.subscribe(asStream, [])).toThrow('topics must name at least one topic; received an empty array');
    expect(hub.has(asStream)).toBe(false);
  });

  it('returns false for a connection that has ended', () => {
    const hub = new Hub();
    const stream = new FakeStream();
    stream.close();
    expect(hub.subscribe(stream.asStream, 'a')).toBe(false);
    expect(hub.size).toBe(0);
  });
});

describe('count(), totalCount() and unsubscribe()', () => {
  it('throw for what is not a topic', async () => {
    const hub = new Hub({ log: new FakeLog() });
    for (const topic of ['', 'a*', undefined, [], ['a'], ['a', 'b']]) {
      expect(() => hub.count(topic as string)).toThrow(expect.objectContaining({ name: 'TypeError', ...INVALID }));
      await expect(hub.totalCount(topic as string)).rejects.toMatchObject({ name: 'TypeError', ...INVALID });
    }
    expect(() => hub.unsubscribe(new FakeStream().asStream, 'a//b')).toThrow(expect.objectContaining(INVALID));
    expect(() => hub.unsubscribe(new FakeStream().asStream, null as never)).toThrow(expect.objectContaining(INVALID));
  });
});

describe('shutdown()', () => {
  it.each<[string, unknown, string]>([
    ['options', 1, 'options must be an object; received 1'],
    ['timeout', { timeout: -1 }, 'timeout must be at least 0 milliseconds; received -1'],
    ['spread', { spread: '1' }, 'spread must be a number; received "1"'],
    ['closeCode', { closeCode: 1000 }, 'closeCode must be 1001 or 1012; received 1000'],
    ['retry', { retry: 1.5 }, 'retry must be a whole number from 0 to 2147483647; received 1.5'],
  ])('rejects for an invalid %s, and the hub goes on', async (_, options, message) => {
    const hub = new Hub();
    await expect(hub.shutdown(options as HubShutdownOptions)).rejects.toMatchObject({ message, ...INVALID });
    expect(await hub.publish('a', { data: 1 })).toEqual(expect.any(String));
  });
});
