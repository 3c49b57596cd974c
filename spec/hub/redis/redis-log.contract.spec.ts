import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Log } from '../../../src/hub/log/log.ts';
import { RedisLog } from '../../../src/hub/redis/index.ts';
import { findRedis } from '../../support/external-programs.ts';
import { isDue } from '../../support/full-run.ts';
import type { EngineProcess } from '../engines/engine-process.ts';
import { CLIENTS, CLUSTER_CLIENTS, type OpenClient, redisCommand, startRedis } from '../engines/redis-server.ts';
import { describeLog, type LogUnderTest } from '../log-contract.ts';
import { QUICK_TIMES } from './open-redis-log.ts';

/** Opens an empty log: one with a key of its own. */
async function openLog(port: number, openClient: (port: number) => Promise<OpenClient>): Promise<LogUnderTest> {
  const key = randomUUID();
  const opened: { readonly log: Log; readonly client: OpenClient }[] = [];
  const another = async (): Promise<Log> => {
    const client = await openClient(port);
    const log = new RedisLog({ client: client.client, key }, QUICK_TIMES);
    opened.push({ log, client });
    return log;
  };
  return {
    log: await another(),
    another,
    async trim(count) {
      await redisCommand(port, 'XTRIM', `{${key}}:log`, 'MAXLEN', String(count));
    },
    async wipe() {
      await redisCommand(port, 'DEL', ...['log', 'state', 'keys', 'keys:order'].map((name) => `{${key}}:${name}`));
    },
    async close() {
      for (const { log, client } of opened) {
        await log.close();
        client.close();
      }
    },
  };
}

describe.skipIf(findRedis() === null)('RedisLog', () => {
  let server: EngineProcess;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.end());

  for (const [name, openClient] of Object.entries(CLIENTS)) {
    describeLog(`RedisLog with a client of ${name}`, () => openLog(server.port, openClient));
  }
});

describe.runIf(findRedis() !== null && isDue('contract of RedisLog on a cluster'))('RedisLog on a cluster', () => {
  let cluster: EngineProcess;
  beforeAll(async () => {
    cluster = await startRedis({ cluster: true });
  });
  afterAll(() => cluster.end());

  for (const [name, openClient] of Object.entries(CLUSTER_CLIENTS)) {
    describeLog(`RedisLog with a cluster client of ${name}`, () => openLog(cluster.port, openClient));
  }
});
