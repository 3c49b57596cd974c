import { onTestFinished } from 'vitest';
import { RedisLog, type RedisLogOptions } from '../../../src/hub/redis/index.ts';
import type { TailTimes } from '../../../src/hub/redis/tail-source.ts';
import type { EngineProcess } from '../engines/engine-process.ts';
import { type OpenClient, type RedisSettings, startRedis } from '../engines/redis-server.ts';
import { TcpProxy } from '../engines/tcp-proxy.ts';

/** A tail with these asks often, and waits for late answers. */
export const QUICK_TIMES: TailTimes = { block: 40, patience: 20_000, delay: 10, maxDelay: 50 };

/** A tail with these does not wait for late answers. */
export const IMPATIENT_TIMES: TailTimes = { ...QUICK_TIMES, patience: 800 };

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
  times: TailTimes = QUICK_TIMES,
): Promise<RedisLog> {
  const { client, close } = await openClient(port);
  const log = new RedisLog({ client, ...options }, times);
  onTestFinished(async () => {
    await log.close();
    close();
  });
  return log;
}
