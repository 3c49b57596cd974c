import { type EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import { describe, expect, it, vi } from 'vitest';
import { checkClient, commandSender, ownConnection, type RedisClient } from '../../../src/hub/redis/redis-client.ts';

const NODE = { host: '127.0.0.1', port: 1 };

/** Clients that are not connected. */
const REAL: Readonly<Record<string, () => RedisClient>> = {
  'createClient()': () => createClient(),
  'createCluster()': () => createCluster({ rootNodes: [{ socket: NODE }] }),
  'createSentinel()': () => createSentinel({ name: 'a', sentinelRootNodes: [NODE] }),
  Redis: () => new Redis({ lazyConnect: true }),
  Cluster: () => new Cluster([NODE], { lazyConnect: true }),
};

/** What each kind of client receives for GET. */
const FORMS: Readonly<Record<string, { method: 'call' | 'sendCommand'; expected: readonly unknown[] }>> = {
  'createClient()': { method: 'sendCommand', expected: [['GET', 'key']] },
  'createCluster()': { method: 'sendCommand', expected: ['key', false, ['GET', 'key']] },
  'createSentinel()': { method: 'sendCommand', expected: [false, ['GET', 'key']] },
  Redis: { method: 'call', expected: ['GET', 'key'] },
  Cluster: { method: 'call', expected: ['GET', 'key'] },
};

describe.each(Object.entries(REAL))('a client of %s', (name, create) => {
  it('is accepted', () => {
    const client = create();
    expect(checkClient(client)).toBe(client);
  });

  it('receives commands as it takes them', async () => {
    const client = create();
    const { method, expected } = FORMS[name]!;
    const received: unknown[][] = [];
    Object.defineProperty(client, method, {
      value: async (...args: unknown[]) => {
        received.push(args);
        return 'reply';
      },
    });
    expect(await commandSender(client)('key', ['GET', 'key'])).toBe('reply');
    expect(received).toEqual([expected]);
  });

  it('can subscribe unless it has connections to several servers', () => {
    const connection = ownConnection(create());
    expect(connection.subscribe !== undefined).toBe(name === 'createClient()' || name === 'Redis');
    connection.destroy();
  });

  it('returns a connection that can be destroyed before it is open, and twice', () => {
    const connection = ownConnection(create());
    connection.destroy();
    connection.destroy();
  });
});

describe('a connection of the log', () => {
  it.each(['createClient()', 'Redis', 'Cluster'])('does not try again by itself: %s', async (name) => {
    const client = {
      'createClient()': () => createClient({ socket: NODE }),
      Redis: () => new Redis({ ...NODE, lazyConnect: true }),
      Cluster: () => new Cluster([NODE], { lazyConnect: true, redisOptions: { connectTimeout: 1000 } }),
    }[name]!();
    const connection = ownConnection(client);
    await expect(connection.open()).rejects.toThrow(Error);
    connection.destroy();
  });

  it('has no time limits of the application for a command', () => {
    const client = new Redis({ lazyConnect: true, commandTimeout: 5, socketTimeout: 5, keyPrefix: 'a:' });
    const duplicates: Redis[] = [];
    const { duplicate } = client;
    client.duplicate = (override) => {
      duplicates.push(duplicate.call(client, override));
      return duplicates[0]!;
    };
    ownConnection(client);
    expect(duplicates[0]!.options).toMatchObject({
      commandTimeout: undefined,
      socketTimeout: undefined,
      keyPrefix: 'a:',
    });
  });

  it('has no time limit of redis, which has one for each command by default', () => {
    const client = createClient({ commandOptions: { asap: true } });
    const duplicate = vi.spyOn(client, 'duplicate');
    ownConnection(client);
    expect(duplicate.mock.calls[0]).toMatchObject([{ commandOptions: { asap: true, timeout: undefined } }]);
  });
});

describe('what is no client', () => {
  it.each([undefined, null, 'redis://127.0.0.1', {}, { sendCommand() {} }, { call() {} }, () => {}])(
    'is refused: %s',
    (client) => {
      expect(() => checkClient(client as never)).toThrow(
        expect.objectContaining({
          code: 'HUB_ERR_INVALID_OPTION',
          message: expect.stringMatching(/^client must be a client of the package redis or ioredis; received /),
        }),
      );
    },
  );
});

it('closes a connection of redis that opens after the log has stopped waiting for it', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const connection = ownConnection(createClient({ socket: { ...NODE, port: (server.address() as AddressInfo).port } }));
  const opened = connection.open();
  connection.destroy();
  const [socket] = await connected;
  await Promise.all([once(socket.resume(), 'close'), expect(opened).rejects.toThrow(Error)]);
  server.close();
});

it.each([
  ['succeeded', () => {}],
  [
    'failed',
    () => {
      throw new Error('no');
    },
  ],
])(
  'closes connections to a cluster of redis that are destroyed before they are open, when opening them has %s',
  async (_how, settle) => {
    const client = createCluster({ rootNodes: [] });
    const destroy = vi.fn();
    const connect = () => new Promise(setImmediate).then(settle);
    const own = Object.assign(createCluster({ rootNodes: [] }), { connect, destroy });
    client.duplicate = (() => own) as never;
    const connection = ownConnection(client);
    const opened = connection.open().catch(() => {});
    connection.destroy();
    expect(destroy).not.toHaveBeenCalled();
    await opened;
    expect(destroy).toHaveBeenCalledOnce();
  },
);

describe.each(['createClient()', 'Redis'])('a subscription of %s', (name) => {
  it('passes messages and the end of the connection on, and leaves no listeners', async () => {
    const client = REAL[name]!();
    const own = REAL[name]!() as unknown as EventEmitter & { subscribe: unknown; unsubscribe: unknown };
    const texts: ((text: string) => void)[] = [];
    Object.assign(own, {
      sendCommand: async () => ({ proto: 3 }),
      subscribe: async (_channel: string, onText?: (text: string) => void) => {
        if (onText) texts.push(onText);
      },
      unsubscribe: async () => {},
    });
    client.duplicate = (() => own) as never;
    const connection = ownConnection(client);
    const counts = (): number[] => ['error', 'end', 'message'].map((event) => own.listenerCount(event));
    const before = counts();
    const received: unknown[] = [];
    const unsubscribe = await connection.subscribe!('a', {
      onMessage: (text) => received.push(text),
      onFailure: (error) => received.push(error),
    });
    if (name === 'Redis') own.emit('message', 'a', 'text');
    else texts[0]!('text');
    own.emit('end');
    own.emit('error', 'reason');
    expect(received).toEqual(['text', undefined, 'reason']);
    await unsubscribe!();
    expect(counts()).toEqual(before);
  });

  it('leaves no listeners if the server refuses it', async () => {
    const client = REAL[name]!();
    const own = REAL[name]!() as unknown as EventEmitter;
    Object.assign(own, {
      sendCommand: async () => ({ proto: 3 }),
      subscribe: () => Promise.reject(new Error('NOPERM no right to the channel')),
    });
    client.duplicate = (() => own) as never;
    const connection = ownConnection(client);
    const counts = (): number[] => ['error', 'end', 'message'].map((event) => own.listenerCount(event));
    const before = counts();
    await expect(connection.subscribe!('a', { onMessage() {}, onFailure() {} })).rejects.toThrow('NOPERM');
    expect(counts()).toEqual(before);
  });
});

it('does not subscribe with a client of redis with RESP2, also if that is the default of its version', async () => {
  const client = createClient() as RedisClient;
  const own = Object.assign(createClient(), {
    sendCommand: async () => ['server', 'redis', 'proto', 2],
    subscribe: () => expect.unreachable(),
  });
  client.duplicate = (() => own) as never;
  const listener = { onMessage() {}, onFailure() {} };
  expect(await ownConnection(client).subscribe!('a', listener)).toBeUndefined();
});
