import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Appended } from '../../../src/hub/log/log.ts';
import { JetStreamLog, type JetStreamLogOptions } from '../../../src/hub/nats/index.ts';
import { findNatsServer } from '../../support/external-programs.ts';
import { isDue } from '../../support/full-run.ts';
import type { EngineProcess } from '../engines/engine-process.ts';
import { callJetStream, connectNats, startNats } from '../engines/nats-server.ts';
import { TcpProxy } from '../engines/tcp-proxy.ts';
import { appendAll, dataOf, entry, numbers } from '../log-contract.ts';
import { type RecordedTail, recordTail } from '../recorded-tail.ts';

const NOT_PUBLISHED = 'HUB_ERR_NOT_PUBLISHED';
const OUTCOME_UNKNOWN = 'HUB_ERR_OUTCOME_UNKNOWN';

describe.skipIf(findNatsServer() === null)('JetStreamLog with a server that fails', () => {
  let server: EngineProcess;
  let proxy: TcpProxy;
  const connections: NatsConnection[] = [];
  const logs: JetStreamLog[] = [];

  beforeEach(async () => {
    server = await startNats();
    proxy = await TcpProxy.open(server.port);
  });
  async function closeAll(): Promise<void> {
    await Promise.all(logs.splice(0).map((log) => log.close()));
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  }
  afterEach(async () => {
    await closeAll();
    await proxy.close();
    await server.end();
  });

  async function open(options: Partial<JetStreamLogOptions> = {}, port = server.port): Promise<JetStreamLog> {
    const connection = await connectNats(port);
    const log = new JetStreamLog({ connection, ...options });
    connections.push(connection);
    logs.push(log);
    return log;
  }
  const openBehindProxy = (options?: Partial<JetStreamLogOptions>): Promise<JetStreamLog> => open(options, proxy.port);

  /** Cuts the connections through the proxy, and refuses others. */
  function cut(): void {
    proxy.mode = 'refuse';
    proxy.cut();
  }

  async function startTail(log: JetStreamLog): Promise<RecordedTail> {
    const tail = recordTail(log);
    await tail.untilStarted();
    return tail;
  }
  /** Resolves when a tail has received all that the log has. What is stuck on its way to the server may come late. */
  async function untilComplete(tail: RecordedTail, log: JetStreamLog): Promise<void> {
    for (let count = -1; count !== tail.entries.length; ) {
      const entries = await log.read(tail.starts.at(-1)!, 100_000);
      count = entries!.length;
      await tail.until(() => tail.entries.length >= count);
      expect(tail.entries.slice(0, count)).toEqual(entries);
    }
  }
  /** Appends texts until one is taken. */
  async function appendAtLast(log: JetStreamLog, text: string): Promise<Appended> {
    for (;;) {
      try {
        return await log.append(entry(text));
      } catch {
        await log.range().catch(() => new Promise(setImmediate));
      }
    }
  }

  it('has no gap after a server was killed and is back with its files', async () => {
    const log = await open();
    const tail = await startTail(log);
    const attempts = Promise.allSettled(numbers(2000).map((text) => log.append(entry(text))));
    await tail.until(() => tail.entries.length > 0);
    await server.restart();
    const results = await attempts;
    const last = await appendAtLast(log, 'last');
    await tail.untilData('last');
    expect(tail.starts).toHaveLength(1);
    expect(tail.errors).toHaveLength(1);
    expect(JSON.stringify(tail.entries)).toBe(JSON.stringify(await log.read(tail.starts[0]!, 10_000)));
    expect(tail.entries.at(-1)!.id).toBe(last.id);
    const received = new Set(tail.entries.map(({ id }) => id));
    const data = new Set(dataOf(tail.entries));
    const wrong = results.filter((result, index) => {
      if (result.status === 'fulfilled') return !received.has(result.value.id);
      const { code } = result.reason;
      return code === NOT_PUBLISHED ? data.has(String(index + 1)) : code !== OUTCOME_UNKNOWN;
    });
    expect(wrong).toEqual([]);
  });

  it('remembers idempotency keys after the server was killed', async () => {
    const log = await open();
    const tail = await startTail(log);
    const first = await log.append(entry('1', { idempotencyKey: 'k' }));
    await tail.untilData('1');
    await server.restart();
    await tail.until(() => tail.errors.length === 1);
    await appendAtLast(log, '2');
    expect(await log.append(entry('1', { idempotencyKey: 'k' }))).toEqual({ id: first.id, duplicate: true });
  });

  it('starts again after a server was killed and has lost its memory', async () => {
    const log = await open({ storage: 'memory' });
    const tail = await startTail(log);
    const [first] = await appendAll(log, ['1', '2']);
    await tail.untilData('2');
    await server.restart();
    await tail.untilStarted(2);
    const next = await appendAtLast(log, '3');
    await tail.untilData('3');
    expect(log.compare(first!.id, next.id)).toBeNaN();
    expect(await log.read(first!.id, 10)).toBeNull();
    expect(dataOf(await log.read(tail.starts[1]!, 10))).toEqual(['3']);
  });

  it('delivers an entry that the server stores after a later one, because it was stuck on its way', async () => {
    const log = await openBehindProxy({ timeout: 300 });
    const other = await open();
    const tail = await startTail(log);
    await appendAll(log, ['1']);
    await tail.untilData('1');
    proxy.hold();
    await expect(log.append(entry('2'))).rejects.toMatchObject({ code: OUTCOME_UNKNOWN });
    await other.append(entry('3'));
    proxy.release();
    await tail.untilData('2');
    expect(dataOf(tail.entries)).toEqual(['1', '3', '2']);
    expect(tail.starts).toHaveLength(1);
  });

  // It waits for three seconds of silence.
  it.runIf(isDue('JetStreamLog and a silent server'))(
    'says once that a server is silent, and continues without a gap when it answers',
    async () => {
      const log = await open({ timeout: 2500 });
      const other = await open();
      const tail = await startTail(log);
      await appendAll(log, ['1']);
      await tail.untilData('1');
      server.stall();
      // A process stops a moment after the signal was sent.
      const forever = async (call: () => Promise<unknown>): Promise<void> => {
        for (;;) await call();
      };
      const ranges = expect(forever(() => log.range())).rejects.toThrow('NATS did not answer within 2500 ms');
      await expect(forever(() => log.append(entry('2')))).rejects.toMatchObject({
        code: OUTCOME_UNKNOWN,
        message: 'The event may have been published: NATS did not answer within 2500 ms',
      });
      await ranges;
      await tail.until(() => tail.errors.length > 0);
      server.resume();
      await other.append(entry('3'));
      await tail.untilData('3');
      expect(tail.errors.map(({ message }) => message)).toEqual(['JetStream was silent for 3000 ms']);
      expect(tail.starts).toHaveLength(1);
      await untilComplete(tail, other);
    },
  );

  it('replaces a connection that passes no more data', async () => {
    const log = await openBehindProxy({ timeout: 300 });
    const other = await open();
    const tail = await startTail(log);
    const [first] = await appendAll(log, ['1']);
    await tail.untilData('1');
    proxy.freeze();
    await expect(log.append(entry('2', { idempotencyKey: 'k' }))).rejects.toMatchObject({ code: OUTCOME_UNKNOWN });
    await appendAll(other, ['3']);
    await tail.untilData('3');
    expect((await log.append(entry('2', { idempotencyKey: 'k' }))).duplicate).toBe(false);
    expect(dataOf(await log.read(first!.id, 10))).toEqual(['3', '2']);
    expect(tail.starts).toHaveLength(1);
  });

  it('replaces it also if more waits to be sent than the system takes', async () => {
    const log = await openBehindProxy({ timeout: 300 });
    const other = await open();
    const tail = await startTail(log);
    await appendAll(log, ['1']);
    await tail.untilData('1');
    proxy.hold();
    const large = JSON.stringify('x'.repeat(500_000));
    const results = await Promise.allSettled(numbers(30).map(() => log.append(entry(large))));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    await appendAll(other, ['2']);
    await tail.untilData('2');
    expect(tail.starts).toHaveLength(1);
    await appendAtLast(log, '3');
    await tail.untilData('3');
  });

  it('receives the entries that others have appended while its connection was cut', async () => {
    const log = await openBehindProxy();
    const other = await open();
    const tail = await startTail(log);
    await appendAll(log, ['1']);
    await tail.untilData('1');
    cut();
    await tail.until(() => tail.errors.length === 1);
    await expect(log.append(entry('x'))).rejects.toMatchObject({
      code: NOT_PUBLISHED,
      message: 'The event was not published: the connection to NATS is interrupted',
    });
    await expect(log.read(tail.starts[0]!, 10)).rejects.toThrow('the connection to NATS is interrupted');
    await appendAll(other, ['2', '3']);
    proxy.mode = 'pass';
    await tail.untilData('3');
    expect(dataOf(tail.entries)).toEqual(['1', '2', '3']);
    expect(tail.starts).toHaveLength(1);
    expect(tail.errors).toHaveLength(1);
  });

  it('reports that the log answers again, if nothing was appended meanwhile', async () => {
    const log = await openBehindProxy();
    const calls: string[] = [];
    const called = (name: string) => (): void => {
      calls.push(name);
      onCall();
    };
    let onCall: () => void;
    const untilCalls = (count: number): Promise<void> =>
      new Promise((resolve) => {
        onCall = () => calls.length >= count && resolve();
        onCall();
      });
    const started = untilCalls(1);
    log.tail({ onStart: called('start'), onEntries: called('entries'), onError: called('error') });
    await started;
    cut();
    await untilCalls(2);
    proxy.mode = 'pass';
    await untilCalls(3);
    expect(calls).toEqual(['start', 'error', 'entries']);
  });

  it('reports an unknown outcome for an append during which the connection is cut', async () => {
    const log = await openBehindProxy();
    await appendAll(log, ['1']);
    proxy.mode = 'swallow';
    const waiting = log.append(entry('2'));
    await new Promise(setImmediate);
    cut();
    await expect(waiting).rejects.toMatchObject({
      code: OUTCOME_UNKNOWN,
      message: 'The event may have been published: the connection to NATS is interrupted',
    });
  });

  it.each([
    ['the first entries of a new stream that it finds', {}, ['2', '3', '4'], 0],
    ['what follows, if a new stream was trimmed', { maxLength: 2 }, [], 3],
  ])('delivers %s', async (_, options, expected, start) => {
    const log = await openBehindProxy(options);
    const other = await open(options);
    const tail = await startTail(log);
    await appendAll(log, ['1']);
    await tail.untilData('1');
    cut();
    await tail.until(() => tail.errors.length === 1);
    const connection = await connectNats(server.port);
    connections.push(connection);
    await callJetStream(connection, 'STREAM.DELETE.pushwire');
    await appendAtLast(other, '2');
    await appendAll(other, ['3', '4']);
    proxy.mode = 'pass';
    await tail.untilStarted(2);
    const [last] = await appendAll(other, ['5']);
    await tail.untilData('5');
    expect(dataOf(tail.entries)).toEqual([...expected, '5']);
    expect(log.compare(tail.starts[1]!, last!.id)).toBe(start - 4);
  });

  it('starts again when the entries that it has missed were trimmed', async () => {
    const log = await openBehindProxy({ maxLength: 10 });
    const other = await open();
    const tail = await startTail(log);
    await appendAll(log, ['1']);
    await tail.untilData('1');
    cut();
    await tail.until(() => tail.errors.length === 1);
    const appended = await appendAll(other, numbers(20));
    proxy.mode = 'pass';
    await tail.untilStarted(2);
    expect(tail.starts[1]).toBe(appended.at(-1)!.id);
    const next = await appendAll(other, ['next']);
    await tail.untilData('next');
    expect(log.compare(next[0]!.id, tail.starts[0]!)).toBe(22);
  });

  /** A server that has lost what was appended after the first entry, as after a power failure; its stream is the same. */
  async function loseEntries(append: () => Promise<unknown>): Promise<void> {
    const [files, copy] = [join(server.folder, 'jetstream'), join(server.folder, 'copy')];
    await server.kill();
    cpSync(files, copy, { recursive: true });
    await server.start();
    await append();
    await server.kill();
    rmSync(files, { recursive: true });
    cpSync(copy, files, { recursive: true });
    await server.start();
  }

  it('begins another epoch when a server has lost the latest entries', async () => {
    const log = await open();
    const other = await open();
    const tails = [await startTail(log), await startTail(other)];
    await appendAll(log, ['1']);
    const lost: Appended[] = [];
    await loseEntries(async () => {
      lost.push(await appendAtLast(log, '2'), await appendAtLast(log, '3'));
      await Promise.all(tails.map((tail) => tail.untilData('3')));
    });
    await Promise.all(tails.map((tail) => tail.untilStarted(2)));
    const next = await appendAtLast(other, '4');
    await Promise.all(tails.map((tail) => tail.untilData('4')));
    expect(log.compare(lost[0]!.id, next.id)).toBeNaN();
    for (const { id } of lost) expect(await log.read(id, 10)).toBeNull();
    const { latestId } = await (await open()).range();
    expect(latestId).toBe(next.id);
    expect(tails[0]!.starts).toEqual(tails[1]!.starts);
  });

  it('begins another epoch even if other processes have appended as many entries as were lost', async () => {
    const log = await openBehindProxy();
    const tail = await startTail(log);
    await appendAll(log, ['1']);
    await loseEntries(async () => {
      await appendAtLast(log, '2');
      await tail.untilData('2');
      cut();
    });
    const other = await open();
    const otherTail = await startTail(other);
    const [second] = await appendAll(other, ['other 2', 'other 3']);
    await otherTail.untilData('other 3');
    const lost = tail.entries.at(-1)!.id;
    expect(second!.id).toBe(lost);
    proxy.mode = 'pass';
    await Promise.all([tail.untilStarted(2), otherTail.untilStarted(2)]);
    expect(await other.read(lost, 10)).toBeNull();
    expect((await log.append(entry('4'))).id).toBe((await other.range()).latestId);
  });

  it('detects by its own append that entries were lost', async () => {
    const log = await open();
    await appendAll(log, ['1']);
    let lost: Appended;
    await loseEntries(async () => {
      lost = await appendAtLast(log, '2');
    });
    const next = await appendAtLast(log, 'other 2');
    expect(log.compare(lost!.id, next.id)).toBeNaN();
    expect((await (await open()).range()).latestId).toBe(next.id);
  });

  it('sends the others its records again after its connection was cut', async () => {
    const log = await openBehindProxy();
    const other = await open();
    expect(await other.presence.read()).toEqual(new Map());
    const tail = await startTail(log);
    await log.presence.write('first', '1', 60_000);
    cut();
    await tail.until(() => tail.errors.length === 1);
    await log.presence.write('second', '2', 60_000);
    await other.presence.write('third', '3', 60_000);
    expect([...(await log.presence.read()).keys()]).toEqual(['first', 'second']);
    proxy.mode = 'pass';
    while ((await other.presence.read()).size < 3);
    expect((await log.presence.read()).get('third')).toBe('3');
    expect(await (await open()).presence.read()).toEqual(
      new Map([
        ['first', '1'],
        ['second', '2'],
        ['third', '3'],
      ]),
    );
  });

  it('rejects all if the server has no JetStream', async () => {
    const plain = await startNats({ hasJetStream: false });
    try {
      const log = await open({}, plain.port);
      await expect(log.append(entry('1'))).rejects.toMatchObject({ code: NOT_PUBLISHED });
      await expect(log.range()).rejects.toThrow('JetStream or the stream is missing');
      const tail = recordTail(log);
      await tail.until(() => tail.errors.length > 0);
      expect(tail.starts).toEqual([]);
      tail.tail.close();
    } finally {
      await closeAll();
      await plain.end();
    }
  });
});
