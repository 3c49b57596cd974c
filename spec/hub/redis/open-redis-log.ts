import { onTestFinished } from 'vitest';
import { RedisLog, type RedisLogOptions } from '../../../src/hub/redis/index.ts';
import type { TailTimes } from '../../../src/hub/redis/redis-tail.ts';
import type { EngineProcess } from '../engines/engine-process.ts';
import { type OpenClient, type RedisSettings, startRedis } from '../engines/redis-server.ts';
import { TcpProxy } from '../engines/tcp-proxy.ts';

/** A tail with these notices quickly what is wrong. */
export const SHORT_TIMES: TailTimes = { block: 40, patience: 400, delay: 10, maxDelay: 50 };

/** Starts a server for one test. */
export async function testRedis(settings?: RedisSettings): Promise<EngineProcess> {
  const server = await startRedis(settings);
  onTestFinished(() => server.end());
  return server;
}

/** Opens a proxy for one test. */
export async function testProxy(target: number): Promise<TcpProxy> {
  const proxy = await TcpProxy.open(target);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Opens a log for one test, with a client of its own. */
export async function testLog(
  openClient: (port: number) => Promise<OpenClient>,
  port: number,
  options: Partial<RedisLogOptions> = {},
): Promise<RedisLog> {
  const { client, close } = await openClient(port);
  const log = new RedisLog({ client, ...options }, SHORT_TIMES);
  onTestFinished(async () => {
    await log.close();
    close();
  });
  return log;
}
