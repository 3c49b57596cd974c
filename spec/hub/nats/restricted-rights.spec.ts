import { readFileSync } from 'node:fs';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { JetStreamLog } from '../../../src/hub/nats/index.ts';
import { findNatsServer } from '../../support/external-programs.ts';
import type { EngineProcess } from '../engines/engine-process.ts';
import { connectNats, startNats } from '../engines/nats-server.ts';
import { appendAll, dataOf, entry } from '../log-contract.ts';
import { recordTail } from '../recorded-tail.ts';

/** The rights that docs/hub.md lists. */
const RIGHTS = /^permissions: \{\n[\s\S]*?^\}$/m.exec(readFileSync('docs/hub.md', 'utf8'))![0];

/** The subjects to which each user may not publish, although the log requires it. */
const MISSING = {
  appender: 'pushwire.events',
  creator: '$JS.API.STREAM.INFO.pushwire',
  reader: '$JS.API.CONSUMER.CREATE.pushwire',
  pager: '$JS.API.CONSUMER.MSG.NEXT.pushwire.*',
  counter: '_INBOX.>',
};

const CONFIGURATION = `authorization: { users: [
  { user: admin, password: password },
  { user: limited, password: password, ${RIGHTS} },
  ${Object.entries(MISSING).map(([user, subject]) => {
    const rights = RIGHTS.replace(`"${subject}"`, '"unused"');
    return `{ user: ${user}, password: password, ${rights} }`;
  })}
] }`;

describe.skipIf(findNatsServer() === null)('A user of NATS with restricted rights', () => {
  let server: EngineProcess;
  const connections: NatsConnection[] = [];
  const logs: JetStreamLog[] = [];

  beforeAll(async () => {
    server = await startNats({ configuration: CONFIGURATION });
    // The stream must be there for those who may not create it.
    await (await open('admin')).range();
  });
  afterEach(async () => {
    await Promise.all(logs.splice(0).map((log) => log.close()));
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  });
  afterAll(() => server.end());

  async function open(user: string): Promise<JetStreamLog> {
    const connection = await connectNats(server.port, user);
    // So long that a request without an answer would fail this test.
    const log = new JetStreamLog({ connection, timeout: 1_000_000 });
    connections.push(connection);
    logs.push(log);
    return log;
  }
  const refusal = (subject: string) =>
    expect.stringMatching(
      `Permissions Violation for Publish to "${subject.replace(/[.$]/g, '\\$&').replace(/\*|>/, '.+')}".* ` +
        '\\(docs/hub\\.md lists the rights that a JetStreamLog requires\\)$',
    );

  it('requires no other rights than those in docs/hub.md', async () => {
    const refused: unknown[] = [];
    const log = await open('limited');
    const other = await open('limited');
    for (const connection of connections) {
      void (async () => {
        for await (const status of connection.status()) if (status.type === 'error') refused.push(status.error);
      })();
    }
    const { latestId } = await log.range();
    const tail = recordTail(log);
    await tail.untilStarted();
    // So much that the server asks the tail how far it has read.
    const texts = Array.from({ length: 40 }, (_, index) => JSON.stringify(`${index}${'x'.repeat(100_000)}`));
    await appendAll(other, texts);
    await tail.untilData(texts.at(-1)!);
    expect(dataOf((await other.read(latestId, 10))!)).toEqual(texts.slice(0, 10));
    await log.append(entry('1', { idempotencyKey: 'k' }));
    expect(await other.append(entry('1', { idempotencyKey: 'k' }))).toMatchObject({ duplicate: true });
    await log.presence.write('p', '{}', 60_000);
    expect([...(await other.presence.read()).keys()]).toEqual(['p']);
    await log.presence.remove('p');
    expect(refused).toEqual([]);
    expect(tail.errors).toEqual([]);
    expect(tail.starts).toHaveLength(1);
  });

  it.each(['appender', 'creator'] as const)('is told at once which right is missing to append: %s', async (user) => {
    const log = await open(user);
    await expect(log.append(entry('1'))).rejects.toMatchObject({
      code: 'HUB_ERR_NOT_PUBLISHED',
      message: refusal(MISSING[user]),
    });
  });

  it('is told at once which right is missing to read', async () => {
    const admin = await open('admin');
    const { latestId } = await admin.range();
    await admin.append(entry('1'));
    const log = await open('reader');
    const tail = recordTail(log);
    await tail.until(() => tail.errors.length > 0);
    expect(tail.errors[0]!.message).toEqual(refusal(MISSING.reader));
    await expect(log.read(latestId, 1)).rejects.toMatchObject({ message: refusal(MISSING.reader) });
    await expect((await open('pager')).read(latestId, 1)).rejects.toMatchObject({ message: refusal(MISSING.pager) });
  });

  it('is told at once which right is missing to count', async () => {
    const log = await open('counter');
    await expect(log.presence.read()).rejects.toMatchObject({ message: refusal(MISSING.counter) });
  });
});
