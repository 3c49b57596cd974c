import { connect } from '@nats-io/transport-node';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import type { Log } from '../../../src/hub/index.ts';
import { JetStreamLog } from '../../../src/hub/nats/index.ts';
import { type RedisClient, RedisLog } from '../../../src/hub/redis/index.ts';
import { SENTINEL_NAME } from '../engines/sentinel-name.ts';

/** How a log reaches its engine. */
export type Access =
  | 'redis'
  | 'nats'
  | 'Sentinel with redis'
  | 'Sentinel with ioredis'
  | 'cluster with redis'
  | 'cluster with ioredis'
  | 'cluster of nats';

export interface OpenLog {
  readonly log: Log;
  close(): Promise<unknown>;
}

/** Opens the log of the processes. `ports` are those of one server, or of several of a cluster or of Sentinel. */
export async function openLog(access: Access, ports: readonly number[], keepsData: boolean): Promise<OpenLog> {
  if (access === 'nats' || access === 'cluster of nats') {
    const servers = ports.map((port) => `127.0.0.1:${port}`);
    const connection = await connect({ servers, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    const storage = keepsData ? 'file' : 'memory';
    const replicas = access === 'nats' ? 1 : 3;
    const log = new JetStreamLog({ connection, stream: 'spec', storage, replicas });
    return { log, close: () => connection.close() };
  }
  const { client, close } = await openRedisClient(access, ports);
  return { log: new RedisLog({ client, key: 'spec' }), close: async () => close() };
}

async function openRedisClient(
  access: Exclude<Access, 'nats' | 'cluster of nats'>,
  ports: readonly number[],
): Promise<{ client: RedisClient; close(): void }> {
  const nodes = ports.map((port) => ({ host: '127.0.0.1', port }));
  if (access === 'Sentinel with ioredis' || access === 'cluster with ioredis') {
    const client =
      access === 'cluster with ioredis'
        ? new Cluster(nodes, { lazyConnect: true })
        : new Redis({ sentinels: nodes, name: SENTINEL_NAME, lazyConnect: true });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.disconnect() };
  }
  const client = {
    redis: () => createClient({ socket: { ...nodes[0]!, reconnectStrategy: 50 } }),
    'Sentinel with redis': () => createSentinel({ name: SENTINEL_NAME, sentinelRootNodes: nodes }),
    'cluster with redis': () => createCluster({ rootNodes: nodes.map((socket) => ({ socket })) }),
  }[access]();
  client.on('error', () => {});
  await client.connect();
  return { client, close: () => void client.destroy() };
}
