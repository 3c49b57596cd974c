import { randomUUID } from 'node:crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Log } from '../../../src/hub/log/log.ts';
import { JetStreamLog } from '../../../src/hub/nats/index.ts';
import { findNatsServer } from '../../support/external-programs.ts';
import type { EngineProcess } from '../engines/engine-process.ts';
import { callJetStream, connectNats, startNats } from '../engines/nats-server.ts';
import { describeLog, type LogUnderTest } from '../log-contract.ts';

/** Opens an empty log: one with a stream of its own. */
async function openLog(port: number): Promise<LogUnderTest> {
  const stream = randomUUID();
  const opened: { readonly log: Log; readonly connection: NatsConnection }[] = [];
  const another = async (): Promise<Log> => {
    const connection = await connectNats(port);
    const log = new JetStreamLog({ connection, stream });
    opened.push({ log, connection });
    return log;
  };
  const log = await another();
  const { connection } = opened[0]!;
  return {
    log,
    another,
    async trim(count) {
      // 0 would stand for no `keep`.
      await callJetStream(connection, `STREAM.PURGE.${stream}`, count === 0 ? {} : { keep: count });
    },
    async wipe() {
      await callJetStream(connection, `STREAM.DELETE.${stream}`);
      // Another process needs the stream first.
      await (await another()).range();
    },
    async close() {
      for (const { log, connection } of opened) {
        await log.close();
        await connection.close();
      }
    },
  };
}

describe.skipIf(findNatsServer() === null)('JetStreamLog', () => {
  let server: EngineProcess;
  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server.end());

  describeLog('JetStreamLog', () => openLog(server.port));
});
