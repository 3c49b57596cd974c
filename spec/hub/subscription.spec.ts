import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { type AcceptOptions, Hub, type HubOptions } from '../../src/hub/index.ts';
import type { WebSocket } from '../../src/websocket/index.ts';
import { serveHub, WebSocketClient } from '../support/hub-clients.ts';
import { ending } from '../support/sockets.ts';

interface Accepted {
  readonly hub: Hub;
  readonly port: number;
  /** The connections on the side of the server. */
  readonly sockets: WebSocket[];
  open(lastEventId?: string): Promise<WebSocketClient>;
}

/** A server that accepts each WebSocket. By default, it refuses topics that begin with "secret". */
async function accepting(
  options: Partial<AcceptOptions<unknown>> = {},
  hubOptions: HubOptions = {},
): Promise<Accepted> {
  const hub = new Hub(hubOptions);
  const sockets: WebSocket[] = [];
  const port = await serveHub(hub, {
    onWebSocket: (socket, request) => {
      sockets.push(socket);
      hub.accept(socket, request, { authorize: (topic) => !topic.startsWith('secret'), ...options });
    },
  });
  return { hub, port, sockets, open: (lastEventId) => WebSocketClient.open(port, '', lastEventId) };
}

/** A decision that the test makes later. */
function laterAnswer() {
  const asked: string[] = [];
  let answer: (isAllowed: boolean) => void = () => {};
  const authorize = (topic: string): Promise<boolean> => {
    asked.push(topic);
    return new Promise((resolve) => (answer = resolve));
  };
  return { asked, authorize, answer: (isAllowed: boolean) => answer(isAllowed) };
}

describe('A client of accept()', () => {
  it('subscribes and unsubscribes by messages, and receives the events in between', async () => {
    const { hub, open } = await accepting();
    const client = await open();
    expect(await client.ask({ subscribe: ['a', 'b/*'] }, 1)).toMatchObject({ subscribed: ['a', 'b/*'] });
    await client.live();
    await hub.publish('a', { data: 1 });
    await hub.publish('b/c', { data: 2 });
    expect(await client.ask({ unsubscribe: ['a'] }, 2)).toEqual({ unsubscribed: ['a'], reason: 'requested' });
    await hub.publish('a', { data: 'not sent' });
    await hub.publish('b/c', { data: 3 });
    expect(await client.receive(3)).toEqual([1, 2, 3]);
  });

  it('may name one topic as a string, and a topic twice', async () => {
    const { hub, open } = await accepting();
    const client = await open();
    expect(await client.ask({ subscribe: 'a' }, 1)).toMatchObject({ subscribed: ['a'] });
    expect(await client.ask({ subscribe: ['b', 'b', 'a'] }, 2)).toMatchObject({ subscribed: ['b', 'a'] });
    expect(hub.metrics()).toMatchObject({ subscribers: 1, topics: 2 });
  });

  it('may do both in one message: first it is unsubscribed', async () => {
    const { hub, open } = await accepting();
    const client = await open();
    await client.ask({ subscribe: 'a' }, 1);
    await client.ask({ subscribe: ['a', 'b'], unsubscribe: 'a' }, 3);
    expect(client.others.slice(1)).toEqual([{ unsubscribed: ['a'], reason: 'requested' }, { subscribed: ['a', 'b'] }]);
    expect(hub.count('a')).toBe(1);
  });

  it('receives the confirmation of its subscription before an event', async () => {
    const { hub, open } = await accepting();
    const ids = [await hub.publish('a', { data: 1 }), await hub.publish('a', { data: 2 })];
    const client = await open(ids[0]);
    const order: string[] = [];
    client.socket.on('message', (data: Buffer) => order.push(Object.keys(JSON.parse(data.toString()))[0]!));
    client.socket.send('{"subscribe":"a"}');
    await client.receive(1);
    expect(order).toEqual(['subscribed', 'id']);
  });

  it('continues after the lastEventId of its query, or that of the application', async () => {
    const first = await accepting();
    const ids: string[] = [];
    for (const data of [1, 2, 3]) ids.push(await first.hub.publish('a', { data }));
    const client = await first.open(ids[0]);
    client.socket.send('{"subscribe":"a"}');
    expect(await client.receive(2)).toEqual([2, 3]);
    const hub = new Hub();
    const [, second] = [await hub.publish('a', { data: 1 }), await hub.publish('a', { data: 2 })];
    await hub.publish('a', { data: 3 });
    const port = await serveHub(hub, {
      onWebSocket: (socket, request) => hub.accept(socket, request, { authorize: () => true, lastEventId: second! }),
    });
    const other = await WebSocketClient.open(port, '', ids[0]);
    other.socket.send('{"subscribe":"a"}');
    expect(await other.receive(1)).toEqual([3]);
  });

  it('that has unsubscribed from everything and subscribes again receives what is published from then on', async () => {
    const { hub, open } = await accepting();
    const id = await hub.publish('a', { data: 0 });
    await hub.publish('a', { data: 1 });
    const client = await open(id);
    await client.ask({ subscribe: 'a' }, 1);
    await client.receive(1);
    await client.ask({ unsubscribe: 'a' }, 2);
    expect(hub.size).toBe(0);
    await hub.publish('a', { data: 'not sent' });
    await client.ask({ subscribe: 'a' }, 3);
    await vi.waitFor(() => expect(hub.metrics().behind).toBe(0), { interval: 1, timeout: 30_000 });
    await hub.publish('a', { data: 2 });
    expect(await client.receive(2)).toEqual([1, 2]);
  });

  it('receives events in the form of encode, and only those that filter accepts', async () => {
    const { hub, open } = await accepting({
      encode: ({ id, data }) => JSON.stringify({ id, event: 'encoded', data }),
      filter: ({ data }) => data !== 1,
    });
    const client = await open();
    await client.ask({ subscribe: 'a' }, 1);
    await client.live();
    await hub.publish('a', { data: 1 });
    await hub.publish('a', { data: 2 });
    expect(await client.receive(1)).toEqual([2]);
    expect(client.names).toEqual(['encoded']);
  });

  it.each([
    'text',
    '',
    '1',
    'null',
    '[]',
    '{}',
    '"a"',
    '{"subscribe":null}',
    '{"subscribe":1}',
    '{"subscribe":{"0":"a"}}',
    '{"subscribe":["a",1]}',
    '{"subscribe":[["a"]]}',
    `${'['.repeat(10_000)}`,
    '{"__proto__":{"subscribe":"a"}}',
  ])('is closed with 1008 for the message %j', async (message) => {
    const { hub, open } = await accepting();
    const client = await open();
    client.socket.send(message);
    await client.until(() => client.isOver);
    expect(client.closeCode).toBe(1008);
    expect(client.others).toEqual([]);
    expect(hub.size).toBe(0);
  });

  it('is closed with 1008 for a message that is longer than maxTopics topics to subscribe to and to unsubscribe from', async () => {
    // The longest form of a topic in JSON: each byte pair as six characters.
    const longest = (number: number): string => `"${'\\u00fc'.repeat(127)}${number}"`;
    const { open } = await accepting({}, { maxTopics: 2 });
    const client = await open();
    client.socket.send(`{"subscribe":[${longest(1)},${longest(2)}],"unsubscribe":[${longest(1)},${longest(2)}]}`);
    await client.until(() => client.others.length === 2);
    client.socket.send(JSON.stringify({ subscribe: Array.from({ length: 1000 }, (_, index) => `t/${index}`) }));
    await client.until(() => client.isOver);
    expect(client.closeCode).toBe(1008);
    expect(client.others.length).toBe(2);
  });

  it('may send a message of any length if there is no maxTopics', async () => {
    const { hub, open } = await accepting({}, { maxTopics: 0 });
    const client = await open();
    await client.ask({ subscribe: Array.from({ length: 2000 }, (_, index) => `t/${index}`) }, 1);
    expect(hub.metrics().topics).toBe(2000);
  });

  it.each(['a*', 'a//b', '', 'x'.repeat(257)])('is refused the topic %j, which is invalid', async (topic) => {
    const { open } = await accepting();
    const client = await open();
    expect(await client.ask({ subscribe: ['a', topic] }, 2)).toEqual({ subscribed: ['a'] });
    expect(client.others[0]).toEqual({ unsubscribed: [topic], reason: 'refused' });
  });

  it('may send messages of its own to onMessage', async () => {
    const received: [string, boolean][] = [];
    const onMessage = (data: Buffer, isBinary: boolean): void => void received.push([String(data), isBinary]);
    const { open } = await accepting({ onMessage });
    const client = await open();
    client.socket.send('hello');
    client.socket.send(Buffer.from('{"subscribe":"a"}'));
    expect(await client.ask({ subscribe: 'a' }, 1)).toEqual({ subscribed: ['a'] });
    expect(received).toEqual([
      ['hello', false],
      ['{"subscribe":"a"}', true],
    ]);
    client.socket.send('{"subscribe":1}');
    await client.until(() => client.isOver);
    expect(client.closeCode).toBe(1008);
  });

  it('receives the id after which the events of more topics follow', async () => {
    const { hub, open } = await accepting();
    const client = await open();
    await client.ask({ subscribe: 'a' }, 1);
    const id = await hub.publish('a', { data: 1 });
    await client.receive(1);
    const missed = await hub.publish('b', { data: 2 });
    const answer = (await client.ask({ subscribe: 'b' }, 2)) as { id: string };
    expect(answer).toEqual({ subscribed: ['b'], id: missed });
    expect(answer.id).not.toBe(id);
  });

  it('is closed with 1008 for a binary message', async () => {
    const { open } = await accepting();
    const client = await open();
    client.socket.send(Buffer.from('{"subscribe":"a"}'));
    await client.until(() => client.isOver);
    expect(client.closeCode).toBe(1008);
  });

  it('is not read any more after an invalid message', async () => {
    const authorize = vi.fn(() => true);
    const { open } = await accepting({ authorize });
    const client = await open();
    for (const message of ['no', '{"subscribe":"a"}', 'no', '{"subscribe":"b"}']) client.socket.send(message);
    await client.until(() => client.isOver);
    expect(authorize).not.toHaveBeenCalled();
  });

  it('may subscribe to no topic, and unsubscribe from one that it does not have', async () => {
    const { hub, open } = await accepting();
    const client = await open();
    client.socket.send('{"subscribe":[]}');
    expect(await client.ask({ unsubscribe: 'a' }, 1)).toEqual({ unsubscribed: ['a'], reason: 'requested' });
    expect(hub.size).toBe(0);
  });

  it('cannot end the topics that the application has subscribed it to', async () => {
    const { hub, sockets, open } = await accepting();
    const client = await open();
    hub.subscribe(sockets[0]!, 'own');
    await client.live();
    await client.ask({ unsubscribe: 'own' }, 1);
    await hub.publish('own', { data: 1 });
    expect(await client.receive(1)).toEqual([1]);
  });
});

describe('authorize()', () => {
  it('closes the connection with 1013 if it does not decide in time', async () => {
    const { asked, authorize, answer } = laterAnswer();
    const { hub, open } = await accepting({ authorize, authorizeTimeout: 20 });
    const client = await open();
    client.socket.send('{"subscribe":"a"}');
    await client.until(() => client.isOver);
    expect(client.closeCode).toBe(1013);
    answer(true);
    await new Promise(setImmediate);
    expect(asked).toEqual(['a']);
    expect(client.others).toEqual([]);
    expect(hub.size).toBe(0);
  });

  it('has unlimited time with authorizeTimeout: 0', async () => {
    const { authorize, answer } = laterAnswer();
    const { open } = await accepting({ authorize, authorizeTimeout: 0 });
    const client = await open();
    setTimeout(() => answer(true), 20);
    expect(await client.ask({ subscribe: ['a'] }, 1)).toMatchObject({ subscribed: ['a'] });
  });

  it('is called for each topic, with the request; only true allows the topic', async () => {
    const answers: Record<string, unknown> = {
      a: true,
      b: 1,
      'c/*': false,
      d: 'true',
      e: Promise.resolve(true),
      f: undefined,
    };
    const asked: [string, string | undefined][] = [];
    const { open, port } = await accepting({
      authorize: (topic, request) => {
        asked.push([topic, request.headers.host]);
        return answers[topic] as boolean;
      },
    });
    const client = await open();
    await client.ask({ subscribe: Object.keys(answers) }, 2);
    expect(client.others).toEqual([
      { unsubscribed: ['b', 'c/*', 'd', 'f'], reason: 'refused' },
      { subscribed: ['a', 'e'] },
    ]);
    expect(asked).toEqual(Object.keys(answers).map((topic) => [topic, `127.0.0.1:${port}`]));
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
  ])('that %s closes the connection with 1011, is reported, and no other client notices', async (_, fail) => {
    const { hub, open } = await accepting({ authorize: (topic) => (topic === 'a' ? fail() : true) });
    const [client, other] = [await open(), await open()];
    const failed = once(hub, 'hookError');
    const ended = ending(client.socket);
    client.socket.send('{"subscribe":["a","b"]}');
    expect((await failed)[0]).toMatchObject({
      code: 'HUB_ERR_HOOK_FAILED',
      hook: 'authorize',
      message: 'authorize failed: no database',
    });
    expect((await ended).code).toBe(1011);
    expect(client.others).toEqual([]);
    expect(await other.ask({ subscribe: 'b' }, 1)).toMatchObject({ subscribed: ['b'] });
  });

  it('decides about one message at a time, however many a client sends, and the client has to wait', async () => {
    const { asked, authorize, answer } = laterAnswer();
    const { hub, sockets, open } = await accepting({ authorize });
    const client = await open();
    for (let count = 0; count < 1000; count++) client.socket.send(`{"subscribe":"t/${count}"}`);
    await vi.waitFor(() => expect(asked).toEqual(['t/0']), { interval: 1, timeout: 30_000 });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(asked).toEqual(['t/0']);
    expect(sockets[0]!.isPaused).toBe(true);
    for (let count = 0; count < 3; count++) {
      answer(true);
      await vi.waitFor(() => expect(asked.length).toBe(count + 2), { interval: 1, timeout: 30_000 });
    }
    expect(asked).toEqual(['t/0', 't/1', 't/2', 't/3']);
    expect(hub.metrics().topics).toBe(3);
  });

  it('may answer after the client has closed: nothing is subscribed', async () => {
    const { asked, authorize, answer } = laterAnswer();
    const { hub, sockets, open } = await accepting({ authorize });
    const client = await open();
    client.socket.send('{"subscribe":"a"}');
    await vi.waitFor(() => expect(asked).toEqual(['a']), { interval: 1, timeout: 30_000 });
    client.disconnect();
    // The server does not read while the application decides: it closes the connection itself.
    sockets[0]!.terminate();
    await vi.waitFor(() => expect(sockets[0]!.readyState).toBe(3), { interval: 1, timeout: 30_000 });
    answer(true);
    await new Promise(setImmediate);
    expect(hub.metrics()).toMatchObject({ subscribers: 0, topics: 0 });
  });

  it('is called again for a topic that the client has; if it refuses, the subscription ends', async () => {
    let isAllowed = true;
    const { hub, open } = await accepting({ authorize: () => isAllowed });
    const client = await open();
    await client.ask({ subscribe: ['a', 'b'] }, 1);
    isAllowed = false;
    expect(await client.ask({ subscribe: 'a' }, 2)).toEqual({ unsubscribed: ['a'], reason: 'refused' });
    expect([hub.count('a'), hub.count('b')]).toEqual([0, 1]);
    expect(client.others.length).toBe(2);
  });
});

describe('maxTopics of a client of accept()', () => {
  it('refuses more topics without asking, and takes others when some have ended', async () => {
    const asked: string[] = [];
    const { open } = await accepting({ authorize: (topic) => asked.push(topic) > 0 }, { maxTopics: 2 });
    const client = await open();
    await client.ask({ subscribe: ['a', 'b', 'c', 'd'] }, 2);
    expect(client.others).toEqual([{ unsubscribed: ['c', 'd'], reason: 'refused' }, { subscribed: ['a', 'b'] }]);
    await client.ask({ unsubscribe: 'a' }, 3);
    expect(await client.ask({ subscribe: 'c' }, 4)).toMatchObject({ subscribed: ['c'] });
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  it('does not refuse topics that the client has already', async () => {
    const { hub, open } = await accepting({}, { maxTopics: 2 });
    const client = await open();
    await client.ask({ subscribe: ['a', 'b'] }, 1);
    expect(await client.ask({ subscribe: ['b', 'a'] }, 2)).toMatchObject({ subscribed: ['b', 'a'] });
    await client.ask({ subscribe: ['c', 'a'] }, 4);
    expect(client.others.slice(2)).toMatchObject([{ unsubscribed: ['c'], reason: 'refused' }, { subscribed: ['a'] }]);
    expect(hub.metrics().topics).toBe(2);
  });

  it('counts the topics to which the application has subscribed the connection, before and meanwhile', async () => {
    const { asked, authorize, answer } = laterAnswer();
    const { hub, sockets, open } = await accepting({ authorize }, { maxTopics: 2 });
    const client = await open();
    hub.subscribe(sockets[0]!, 'own');
    client.socket.send('{"subscribe":"a"}');
    await vi.waitFor(() => expect(asked).toEqual(['a']), { interval: 1, timeout: 30_000 });
    hub.subscribe(sockets[0]!, 'more');
    answer(true);
    await client.until(() => client.others.length > 0);
    expect(client.others).toEqual([{ unsubscribed: ['a'], reason: 'refused' }]);
    expect(await client.ask({ unsubscribe: 'x' }, 2)).toEqual({ unsubscribed: ['x'], reason: 'requested' });
  });

  it('bounds the topics of a message with ten thousand', async () => {
    const authorize = vi.fn(() => true);
    const { hub, open } = await accepting({ authorize });
    const client = await open();
    await client.ask({ subscribe: Array.from({ length: 10_000 }, (_, index) => `t/${index}`) }, 2);
    expect(hub.metrics().topics).toBe(100);
    expect(authorize).toHaveBeenCalledTimes(100);
  });
});

describe('The application', () => {
  it('revokes topics by unsubscribe(), which notifies the client', async () => {
    const { hub, sockets, open } = await accepting();
    const client = await open();
    await client.ask({ subscribe: ['a', 'b', 'c'] }, 1);
    hub.unsubscribe(sockets[0]!, ['a', 'unknown']);
    hub.unsubscribe(sockets[0]!);
    await client.until(() => client.others.length === 3);
    expect(client.others.slice(1)).toEqual([
      { unsubscribed: ['a'], reason: 'revoked' },
      { unsubscribed: ['b', 'c'], reason: 'revoked' },
    ]);
    expect(await client.ask({ subscribe: 'a' }, 4)).toMatchObject({ subscribed: ['a'] });
  });

  it('does not tell the client of topics that the client has not asked for', async () => {
    const { hub, sockets, open } = await accepting();
    const client = await open();
    hub.subscribe(sockets[0]!, 'own');
    await client.ask({ subscribe: 'a' }, 1);
    hub.unsubscribe(sockets[0]!, 'own');
    expect(await client.ask({ unsubscribe: 'a' }, 2)).toEqual({ unsubscribed: ['a'], reason: 'requested' });
  });

  it.each<[string, unknown, string]>([
    ['options', undefined, 'authorize must be a function; received undefined'],
    ['options', 1, 'options must be an object; received 1'],
    ['authorize', { authorize: true }, 'authorize must be a function; received true'],
    [
      'authorizeTimeout',
      { authorize: () => true, authorizeTimeout: -1 },
      'authorizeTimeout must be at least 0 milliseconds; received -1',
    ],
    ['lastEventId', { authorize: () => true, lastEventId: 1 }, 'lastEventId must be a string; received 1'],
    ['filter', { authorize: () => true, filter: 1 }, 'filter must be a function; received 1'],
    ['encode', { authorize: () => true, encode: 1 }, 'encode must be a function; received 1'],
  ])('gets an error for invalid %s of accept()', (_, options, message) => {
    const webSocket = { _sendShared: () => {} } as unknown as WebSocket;
    expect(() => new Hub().accept(webSocket, {} as never, options as never)).toThrow(
      expect.objectContaining({ message, code: 'HUB_ERR_INVALID_OPTION' }),
    );
  });

  it('is accepted once, and gets an error the second time', async () => {
    const { hub, sockets, open } = await accepting();
    const client = await open();
    expect(() => hub.accept(sockets[0]!, {} as never, { authorize: () => true })).toThrow(
      expect.objectContaining({
        message: 'The WebSocket has already been accepted',
        code: 'HUB_ERR_INVALID_OPTION',
      }),
    );
    expect(await client.ask({ subscribe: 'a' }, 1)).toMatchObject({ subscribed: ['a'] });
  });

  it('gets an error if the connection is not a WebSocket', () => {
    expect(() => new Hub().accept({} as WebSocket, {} as never, { authorize: () => true })).toThrow(
      'webSocket must be a WebSocket; received an object',
    );
  });
});
