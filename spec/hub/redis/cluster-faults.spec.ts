import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { describe, expect, it } from 'vitest';
import { findRedis } from '../../support/external-programs.ts';
import { isDue } from '../../support/full-run.ts';
import type { OpenClient } from '../engines/redis-server.ts';
import { appendAll, dataOf, entry } from '../log-contract.ts';
import { IMPATIENT_TIMES, testLog, testProxy, testRedis } from './open-redis-log.ts';

/** Opens a client for a cluster of one node, which is reached by a proxy. */
const CLIENTS: Readonly<Record<string, (node: number, proxy: number) => Promise<OpenClient>>> = {
  async redis(node, proxy) {
    const client = createCluster({
      rootNodes: [{ url: `redis://127.0.0.1:${proxy}` }],
      nodeAddressMap: { [`127.0.0.1:${node}`]: { host: '127.0.0.1', port: proxy } },
    });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.destroy(), closed: Promise.resolve() };
  },
  async ioredis(node, proxy) {
    const client = new Cluster([{ port: proxy, host: '127.0.0.1' }], {
      lazyConnect: true,
      natMap: { [`127.0.0.1:${node}`]: { host: '127.0.0.1', port: proxy } },
    });
    client.on('error', () => {});
    await client.connect();
    return { client, close: () => client.disconnect(), closed: Promise.resolve() };
  },
};

describe.runIf(findRedis() !== null && isDue('faults of RedisLog on a cluster'))('RedisLog on a cluster', () => {
  it.each(Object.entries(CLIENTS))('opens new connections if those of %s pass no data', async (_, openClient) => {
    const server = await testRedis({ cluster: true });
    const proxy = await testProxy(server.port);
    const times = { ...IMPATIENT_TIMES, patience: 400 };
    const log = await testLog((port) => openClient(server.port, port), proxy.port, {}, times);
    const [first] = await appendAll(log, ['1']);
    proxy.freeze();
    await expect(log.range()).rejects.toThrow('Redis did not answer within 440 ms');
    expect(await log.read(first!.id, 10)).toEqual([]);
    proxy.freeze();
    const second = await log.append(entry('2'));
    expect(dataOf(await log.read(first!.id, 10))).toEqual(['2']);
    expect(log.compare(second.id, first!.id)).toBe(1);
  });
});
