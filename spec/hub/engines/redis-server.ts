import type { EventEmitter } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { RedisClient } from '../../../src/hub/redis/index.ts';
import { findRedis } from '../../support/external-programs.ts';
import { EngineProcess, freePort } from './engine-process.ts';

export interface RedisSettings {
  /** Whether each write is in the append-only file. Default: false, nothing is kept. */
  readonly appendOnly?: boolean;
  /** Whether `SAVE` keeps the data. */
  readonly snapshots?: boolean;
  /** Whether the server is a cluster of one node. */
  readonly cluster?: boolean;
}

/** Starts redis-server on a free port. */
export async function startRedis(settings: RedisSettings = {}): Promise<EngineProcess> {
  const { appendOnly = false, snapshots = false, cluster = false } = settings;
  const busPort = await freePort();
  const engine = new EngineProcess(
    {
      path: findRedis()!,
      ready: /Ready to accept connections/,
      arguments: (port, folder) => [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
        ...['--appendonly', appendOnly ? 'yes' : 'no', '--appendfsync', 'always'],
        ...['--save', '', '--dbfilename', snapshots ? 'dump.rdb' : `dump-${Math.random()}.rdb`],
        ...(cluster
          ? ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-announce-ip', '127.0.0.1']
          : []),
      ],
    },
    await freePort(),
  );
  await engine.start();
  if (cluster) await joinSlots(engine.port);
  return engine;
}

/** Makes the node responsible for all slots, and waits until it says so. */
async function joinSlots(port: number): Promise<void> {
  const redis = new Redis(port, '127.0.0.1');
  await redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  while (!String(await redis.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  redis.disconnect();
}

/** A client, and how it is closed. */
export interface OpenClient {
  readonly client: RedisClient;
  close(): void;
  /** Resolves when it has closed. */
  readonly closed: Promise<unknown>;
}

/** Not `once()` of Node, which would reject with an error of the client. */
function ended(client: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    client.once('end', resolve);
  });
}

/** Opens a client of each package. The user needs no password. */
export const CLIENTS: Readonly<Record<'redis' | 'ioredis', (port: number, username?: string) => Promise<OpenClient>>> =
  {
    async redis(port, username) {
      const socket = { port, host: '127.0.0.1', reconnectStrategy: 20 };
      const client = createClient({ socket, ...(username !== undefined ? { username, password: 'any' } : {}) });
      client.on('error', () => {});
      await client.connect();
      return { client, close: () => client.destroy(), closed: Promise.resolve() };
    },
    async ioredis(port, username) {
      const user = username !== undefined ? { username, password: 'any' } : {};
      const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, lazyConnect: true, ...user });
      client.on('error', () => {});
      await client.connect();
      return { client, close: () => client.disconnect(), closed: ended(client) };
    },
  };

/** Opens a client for a cluster of each package. */
export const CLUSTER_CLIENTS: Readonly<Record<'redis' | 'ioredis', (port: number) => Promise<OpenClient>>> = {
  async redis(port) {
    const client = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.destroy(), closed: Promise.resolve() };
  },
  async ioredis(port) {
    const client = new Cluster([{ port, host: '127.0.0.1' }], { lazyConnect: true });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.disconnect(), closed: ended(client) };
  },
};

/** Sends a command on a connection of its own. */
export async function redisCommand(port: number, ...command: readonly [string, ...string[]]): Promise<unknown> {
  const redis = new Redis(port, '127.0.0.1');
  try {
    return await redis.call(...(command as [string]));
  } finally {
    redis.disconnect();
  }
}
