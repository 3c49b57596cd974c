import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { Log } from '../../../src/hub/log/log.ts';
import { RedisLog } from '../../../src/hub/redis/index.ts';
import { findRedis } from '../../support/external-programs.ts';
import { CLIENTS, redisCommand } from '../engines/redis-server.ts';
import { appendAll, dataOf, entry, numbers } from '../log-contract.ts';
import { type RecordedTail, recordTail } from '../recorded-tail.ts';
import { IMPATIENT_TIMES, QUICK_TIMES, testLog, testProxy, testRedis } from './open-redis-log.ts';

const LOG = '{pushwire}:log';

/** Appends the texts, and resolves to a tail that has received them. */
async function followedLog(log: Log, texts: readonly string[]): Promise<RecordedTail> {
  const tail = recordTail(log);
  await tail.untilStarted();
  await appendAll(log, texts);
  await tail.untilData(texts.at(-1)!);
  return tail;
}

/** How often a server has carried out a command. */
async function countOf(port: number, command: string): Promise<number> {
  const text = String(await redisCommand(port, 'INFO', 'commandstats'));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(text)?.[1] ?? 0);
}

/** What a RedisLog does when the server, the network or somebody else fails. */
export function describeFaults(name: 'redis' | 'ioredis'): void {
  const openClient = CLIENTS[name];
  describe.skipIf(findRedis() === null)(`RedisLog with a client of ${name}`, () => {
    it('begins anew after the server was killed and has lost its data', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const tail = await followedLog(log, ['1', '2']);
      const before = tail.entries.map(({ id }) => id);
      await server.kill();
      await tail.until(() => tail.errors.length > 0);
      await server.start();
      await tail.untilStarted(2);
      await appendAll(log, ['3']);
      await tail.untilData('3');
      expect(dataOf(tail.entries)).toEqual(['3']);
      expect(tail.errors).toHaveLength(1);
      for (const id of before) expect(await log.read(id, 10)).toBeNull();
    });

    it('continues after the server was killed, if the application says that nothing is lost', async () => {
      const server = await testRedis({ appendOnly: true });
      const log = await testLog(openClient, server.port, { keepsDataOnRestart: true });
      const tail = await followedLog(log, ['1', '2']);
      await server.kill();
      await tail.until(() => tail.errors.length > 0);
      await server.start();
      await appendAll(log, ['3']);
      await tail.untilData('3');
      expect(tail.starts).toHaveLength(1);
      expect(dataOf(tail.entries)).toEqual(['1', '2', '3']);
      expect(dataOf(await log.read(tail.entries[0]!.id, 10))).toEqual(['2', '3']);
    });

    it('begins a new epoch after a restart, even if the data are there', async () => {
      const server = await testRedis({ appendOnly: true });
      const log = await testLog(openClient, server.port);
      const tail = await followedLog(log, ['1', '2']);
      const before = tail.entries.map(({ id }) => id);
      await server.restart();
      await tail.untilStarted(2);
      const { id } = await log.append(entry('3'));
      await tail.untilData('3');
      expect(dataOf(tail.entries)).toEqual(['3']);
      expect(await log.read(before[1]!, 10)).toBeNull();
      expect(await log.range()).toEqual({ oldestId: id, latestId: id });
      expect(log.compare(before[1]!, id)).toBeNaN();
    });

    it.each([false, true])(
      'begins anew if the last entries were lost (keepsDataOnRestart: %s)',
      async (keepsDataOnRestart) => {
        const server = await testRedis({ snapshots: true });
        const log = await testLog(openClient, server.port, { keepsDataOnRestart });
        const tail = await followedLog(log, ['1', '2']);
        await redisCommand(server.port, 'SAVE');
        await appendAll(log, ['3', '4']);
        await tail.untilData('4');
        const lost = tail.entries.at(-1)!.id;
        await server.restart();
        await tail.untilStarted(2);
        expect(await log.read(lost, 10)).toBeNull();
        await appendAll(log, ['5']);
        await tail.untilData('5');
        expect(dataOf(tail.entries)).toEqual(['5']);
      },
    );

    it('remembers idempotency keys after a restart', async () => {
      const server = await testRedis({ appendOnly: true });
      const log = await testLog(openClient, server.port);
      const first = await log.append(entry('1', { idempotencyKey: 'k' }));
      await server.restart();
      const again = await (await testLog(openClient, server.port)).append(entry('1', { idempotencyKey: 'k' }));
      expect(again).toEqual({ id: first.id, duplicate: true });
    });

    it.each(['FLUSHALL', `DEL ${LOG}`, `DEL ${LOG} {pushwire}:state`, 'DEL {pushwire}:state'])(
      'begins anew after %s',
      async (command) => {
        const server = await testRedis();
        const log = await testLog(openClient, server.port);
        const tail = await followedLog(log, ['1', '2']);
        const before = tail.entries.map(({ id }) => id);
        await redisCommand(server.port, ...(command.split(' ') as [string]));
        await tail.untilStarted(2);
        await appendAll(log, ['3']);
        await tail.untilData('3');
        expect(dataOf(tail.entries)).toEqual(['3']);
        for (const id of before) expect(await log.read(id, 10)).toBeNull();
      },
    );

    it('delivers the first entries of a new epoch that it finds', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const proxy = await testProxy(server.port);
      const tail = await followedLog(await testLog(openClient, proxy.port), ['1', '2']);
      proxy.mode = 'refuse';
      proxy.cut();
      await tail.until(() => tail.errors.length > 0);
      await redisCommand(server.port, 'FLUSHALL');
      await appendAll(log, ['3', '4', '5']);
      proxy.mode = 'pass';
      await tail.untilData('5');
      expect(dataOf(tail.entries)).toEqual(['3', '4', '5']);
      expect(tail.starts).toHaveLength(2);
    });

    it('misses nothing when its connection is cut', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const proxy = await testProxy(server.port);
      const tail = await followedLog(await testLog(openClient, proxy.port), ['1', '2']);
      proxy.mode = 'refuse';
      proxy.cut();
      await tail.until(() => tail.errors.length > 0);
      await appendAll(log, ['3', '4']);
      proxy.mode = 'pass';
      await tail.untilData('4');
      proxy.cut();
      await appendAll(log, ['5']);
      await tail.untilData('5');
      expect(dataOf(tail.entries)).toEqual(numbers(5));
      expect(tail.starts).toHaveLength(1);
    });

    it('reports that the log answers again, if nothing was appended while its connection was cut', async () => {
      const server = await testRedis();
      const proxy = await testProxy(server.port);
      const log = await testLog(openClient, proxy.port);
      const calls: string[] = [];
      let onCall = (): void => {};
      const called = (name: string) => (): void => {
        calls.push(name);
        onCall();
      };
      const untilCalls = (count: number): Promise<void> =>
        new Promise((resolve) => {
          onCall = () => calls.length >= count && resolve();
          onCall();
        });
      log.tail({ onStart: called('start'), onEntries: called('entries'), onError: called('error') });
      await untilCalls(1);
      proxy.cut();
      await untilCalls(3);
      expect(calls).toEqual(['start', 'error', 'entries']);
    });

    it('begins anew if the log was trimmed while its connection was cut', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const proxy = await testProxy(server.port);
      const tail = await followedLog(await testLog(openClient, proxy.port), ['1', '2']);
      proxy.mode = 'refuse';
      proxy.cut();
      await tail.until(() => tail.errors.length > 0);
      const appended = await appendAll(log, ['3', '4', '5']);
      await redisCommand(server.port, 'XTRIM', LOG, 'MAXLEN', '1');
      proxy.mode = 'pass';
      await tail.untilStarted(2);
      expect(tail.starts[1]).toBe(appended[2]!.id);
      await appendAll(log, ['6']);
      await tail.untilData('6');
      expect(dataOf(tail.entries)).toEqual(['6']);
    });

    it('opens a new connection if the answers do not arrive', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const proxy = await testProxy(server.port);
      const tail = await followedLog(await testLog(openClient, proxy.port, {}, IMPATIENT_TIMES), ['1']);
      proxy.mode = 'swallow';
      await appendAll(log, ['2']);
      await tail.until(() => tail.errors.length > 0);
      proxy.mode = 'pass';
      await tail.untilData('2');
      expect(dataOf(tail.entries)).toEqual(['1', '2']);
      expect(tail.starts).toHaveLength(1);
    });

    it('continues after the server has stalled for longer than it waits', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port, {}, IMPATIENT_TIMES);
      const tail = await followedLog(log, ['1']);
      server.stall();
      const appended = appendAll(log, ['2', '3']);
      await tail.until(() => tail.errors.length > 0);
      server.resume();
      await appended;
      await tail.untilData('3');
      expect(dataOf(tail.entries)).toEqual(['1', '2', '3']);
      expect(tail.starts).toHaveLength(1);
      expect(tail.errors).toHaveLength(1);
      expect(tail.errors[0]!.message).toMatch(/^Redis did not answer within \d+ ms$/);
    });

    it('opens a new connection for commands if the current one passes no data', async () => {
      const server = await testRedis();
      const proxy = await testProxy(server.port);
      const log = await testLog(openClient, proxy.port, {}, { ...IMPATIENT_TIMES, patience: 200 });
      const [first] = await appendAll(log, ['1']);
      const late = 'Redis did not answer within 240 ms';
      proxy.freeze();
      await expect(log.range()).rejects.toThrow(late);
      expect(await log.read(first!.id, 10)).toEqual([]);
      proxy.freeze();
      await expect(log.presence.read()).rejects.toThrow(late);
      expect(await log.presence.read()).toEqual(new Map());
      proxy.freeze();
      const second = await log.append(entry('2'));
      expect(log.compare(second.id, first!.id)).toBe(1);
      expect(await log.range()).toEqual({ oldestId: first!.id, latestId: second.id });
    });

    it('reports an unknown outcome for an append that the server answers too late', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port, {}, { ...IMPATIENT_TIMES, patience: 200 });
      await appendAll(log, ['1']);
      server.stall();
      // A process stops a moment after the signal was sent.
      const appendForever = async (): Promise<void> => {
        for (;;) await log.append(entry('2', { idempotencyKey: 'k' }));
      };
      await expect(appendForever()).rejects.toMatchObject({
        code: 'HUB_ERR_OUTCOME_UNKNOWN',
        message: 'The event may have been published: Redis did not answer within 240 ms',
      });
      server.resume();
      await log.append(entry('2', { idempotencyKey: 'k' }));
      await appendAll(log, ['3']);
      expect(dataOf(await log.read((await log.range()).oldestId!, 10))).toEqual(['2', '3']);
    });

    it('reports that nothing was published if the server cannot be reached', async () => {
      const server = await testRedis();
      const proxy = await testProxy(server.port);
      const log = await testLog(openClient, proxy.port, {}, { ...IMPATIENT_TIMES, patience: 100 });
      proxy.mode = 'refuse';
      const sent = log.append(entry('1'));
      await new Promise(setImmediate);
      const waiting = log.append(entry('2'));
      for (const appended of [sent, waiting]) {
        await expect(appended).rejects.toMatchObject({ code: 'HUB_ERR_NOT_PUBLISHED' });
      }
      await expect(log.range()).rejects.toThrow('Redis cannot be reached');
      proxy.mode = 'pass';
      await appendAll(log, ['3']);
      const { oldestId, latestId } = await log.range();
      expect(oldestId).toBe(latestId);
    });

    it('forgets idempotency keys when the events are gone', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const first = await log.append(entry('1', { idempotencyKey: 'k' }));
      await redisCommand(server.port, 'DEL', LOG);
      const again = await log.append(entry('1', { idempotencyKey: 'k' }));
      expect(again.duplicate).toBe(false);
      expect(log.compare(again.id, first.id)).toBeNaN();
      expect(await redisCommand(server.port, 'LLEN', '{pushwire}:keys:order')).toBe(1);
    });

    it.each(['18446744073709551614-0', '18446744073709551615-18446744073709551615', '9007199254740993-1'])(
      'begins anew once after an entry of another program with the id %s',
      async (foreign) => {
        const server = await testRedis();
        const log = await testLog(openClient, server.port);
        const tail = await followedLog(log, ['1']);
        await redisCommand(server.port, 'XADD', LOG, foreign, 't', 'a', 'd', '"other"');
        await tail.untilStarted(2);
        await appendAll(log, ['2', '3']);
        await tail.untilData('3');
        expect(dataOf(tail.entries)).toEqual(['2', '3']);
        expect(tail.starts).toHaveLength(2);
        expect(tail.errors).toEqual([]);
        await redisCommand(server.port, 'XADD', LOG, foreign, 't', 'a', 'd', '"other"');
        const { id } = await log.append(entry('4'));
        expect((await log.range()).latestId).toBe(id);
      },
    );

    it('starts a tail as soon as the server can be reached', async () => {
      const server = await testRedis();
      const proxy = await testProxy(server.port);
      const log = await testLog(openClient, proxy.port);
      proxy.mode = 'refuse';
      const tail = recordTail(log);
      await proxy.untilAccepted(5);
      proxy.mode = 'pass';
      await tail.untilStarted();
      expect(tail.errors).toHaveLength(1);
    });

    it('does not continue past an entry that something has deleted', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const proxy = await testProxy(server.port);
      const tail = await followedLog(await testLog(openClient, proxy.port), ['1']);
      proxy.mode = 'refuse';
      proxy.cut();
      const appended = await appendAll(log, ['2', '3', '4']);
      await redisCommand(server.port, 'XDEL', LOG, `${appended[1]!.id.split('-')[1]}-0`);
      expect(await log.read(tail.starts[0]!, 10)).toBeNull();
      proxy.mode = 'pass';
      await tail.untilStarted(2);
      expect(tail.starts[1]).toBe(appended[2]!.id);
    });

    it('begins a new epoch after an entry that something else has added', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const tail = await followedLog(log, ['1']);
      const before = tail.entries[0]!.id;
      await redisCommand(server.port, 'XADD', LOG, '*', 'd', 'other');
      const { id } = await log.append(entry('2'));
      await tail.untilData('2');
      expect(dataOf(tail.entries)).toEqual(['2']);
      expect(await log.read(before, 10)).toBeNull();
      expect((await log.range()).oldestId).toBe(id);
    });

    it('reports that nothing was published if the server refuses the command', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const tail = await followedLog(log, ['1']);
      await redisCommand(server.port, 'CONFIG', 'SET', 'maxmemory', '1');
      await expect(log.append(entry('2'))).rejects.toMatchObject({
        code: 'HUB_ERR_NOT_PUBLISHED',
        message: expect.stringContaining('OOM'),
      });
      await redisCommand(server.port, 'CONFIG', 'SET', 'maxmemory', '0');
      await appendAll(log, ['3']);
      await tail.untilData('3');
      expect(dataOf(tail.entries)).toEqual(['1', '3']);
    });

    it('appends an entry once if the answer is lost, and resolves to its id', async () => {
      const server = await testRedis();
      const proxy = await testProxy(server.port);
      const direct = await testLog(openClient, server.port);
      const log = await testLog(openClient, proxy.port);
      const tail = recordTail(direct);
      await tail.untilStarted();
      await appendAll(log, ['1']);
      proxy.mode = 'cut at reply';
      const appended = await log.append(entry('2'));
      await tail.untilData('2');
      expect(appended).toEqual({ id: tail.entries[1]!.id, duplicate: false });
      await appendAll(log, ['3']);
      await tail.untilData('3');
      expect(dataOf(tail.entries)).toEqual(['1', '2', '3']);
    });

    it('reports for each entry whether it was published when the server was killed', async () => {
      const server = await testRedis({ appendOnly: true });
      const log = await testLog(openClient, server.port, { keepsDataOnRestart: true });
      const tail = await followedLog(log, ['start']);
      const outcomes = new Map<string, string>();
      let isOver = false;
      const publishing = (async () => {
        for (let number = 0; !isOver; number++) {
          const texts = [0, 1, 2, 3].map((index) => `${number}:${index}`);
          const settled = await Promise.allSettled(texts.map((text) => log.append(entry(text))));
          for (const [index, result] of settled.entries()) {
            outcomes.set(texts[index]!, result.status === 'fulfilled' ? result.value.id : result.reason.code);
          }
        }
      })();
      for (let kill = 0; kill < 3; kill++) {
        const count = tail.entries.length;
        await tail.until(() => tail.entries.length > count + 40);
        await server.restart();
      }
      isOver = true;
      await publishing;
      await appendAll(log, ['end']);
      await tail.untilData('end');
      expect(tail.starts).toHaveLength(1);
      const delivered = new Map(tail.entries.map(({ data, id }) => [data, id]));
      expect(delivered.size).toBe(tail.entries.length);
      for (const [text, outcome] of outcomes) {
        if (outcome === 'HUB_ERR_NOT_PUBLISHED') expect(delivered.has(text)).toBe(false);
        else if (outcome !== 'HUB_ERR_OUTCOME_UNKNOWN') expect(delivered.get(text)).toBe(outcome);
      }
      expect(await log.read(tail.starts[0]!, tail.entries.length + 1)).toEqual(tail.entries);
    });

    it('rejects pending entries when it is closed', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      await appendAll(log, ['1']);
      server.stall();
      const sent = log.append(entry('2'));
      await new Promise(setImmediate);
      const waiting = log.append(entry('3'));
      await log.close();
      await expect(sent).rejects.toMatchObject({ code: 'HUB_ERR_OUTCOME_UNKNOWN' });
      await expect(waiting).rejects.toMatchObject({ code: 'HUB_ERR_CLOSED' });
      server.resume();
    });

    it('uses no connection of the application', async () => {
      const server = await testRedis();
      const opened = await openClient(server.port);
      const log = new RedisLog({ client: opened.client });
      opened.close();
      await opened.closed;
      await appendAll(log, ['1']);
      await log.close();
      await expect(log.range()).rejects.toThrow('The log is closed');
      await expect(log.append(entry('2'))).rejects.toMatchObject({ code: 'HUB_ERR_CLOSED' });
    });

    it('closes its connections', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      await followedLog(log, ['1']);
      const clients = async (): Promise<number> => {
        const list = String(await redisCommand(server.port, 'CLIENT', 'LIST'));
        return list.trim().split('\n').length;
      };
      // Those of the application, of the log's commands, of the tail, and the one that asks.
      expect(await clients()).toBe(4);
      await log.close();
      while ((await clients()) > 2);
    });

    it('keeps about as many entries as it should, and exactly as many idempotency keys', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port, { maxLength: 100, idempotencyKeys: 2 });
      await appendAll(log, numbers(1000));
      expect(Number(await redisCommand(server.port, 'XLEN', LOG))).toBeLessThan(300);
      const append = (idempotencyKey: string): Promise<boolean> =>
        log.append(entry('1', { idempotencyKey })).then(({ duplicate }) => duplicate);
      expect([await append('a'), await append('b'), await append('c')]).toEqual([false, false, false]);
      expect([await append('c'), await append('b')]).toEqual([true, true]);
      expect(await append('a')).toBe(false);
      expect(await redisCommand(server.port, 'HLEN', '{pushwire}:keys')).toBe(2);
    });

    it.runIf(name === 'ioredis')('uses the key prefix of the client', async () => {
      const server = await testRedis();
      const client = new Redis({ port: server.port, host: '127.0.0.1', keyPrefix: 'app:' });
      const log = await testLog(
        async () => ({ client, close: () => client.disconnect(), closed: Promise.resolve() }),
        0,
      );
      const tail = await followedLog(log, ['1', '2']);
      expect(dataOf(await log.read(tail.starts[0]!, 10))).toEqual(['1', '2']);
      const keys = (await redisCommand(server.port, 'KEYS', '*')) as string[];
      expect(keys.length).toBeGreaterThan(1);
      for (const key of keys) expect(key).toMatch(/^app:\{pushwire\}:/);
    });

    it('runs its scripts on a server that has forgotten them', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port);
      const tail = await followedLog(log, ['1']);
      await redisCommand(server.port, 'SCRIPT', 'FLUSH');
      await appendAll(log, ['2']);
      await tail.untilData('2');
      expect(tail.starts).toHaveLength(1);
    });

    it('receives entries as messages, and reads those that are long', async () => {
      const server = await testRedis();
      const log = await testLog(openClient, server.port, {}, { ...QUICK_TIMES, block: 4000 });
      const tail = await followedLog(log, ['1']);
      const isRead = async (text: string): Promise<boolean> => {
        const before = await countOf(server.port, 'xread');
        await appendAll(log, [text]);
        await tail.untilData(text);
        return (await countOf(server.port, 'xread')) > before;
      };
      // Until the tail has subscribed, it reads.
      let last = 2;
      while (await isRead(String(last))) last++;
      const long = 'x'.repeat(20_000);
      expect(await isRead(long)).toBe(true);
      expect(await isRead('a\0b')).toBe(true);
      expect(await isRead('short')).toBe(false);
      expect(dataOf(tail.entries)).toEqual([...numbers(last), long, 'a\0b', 'short']);
      expect(tail.starts).toHaveLength(1);
    });

    it('receives the entries of a user who may not publish messages, and reads without the right to subscribe', async () => {
      const server = await testRedis();
      const user = ['ACL', 'SETUSER', 'limited', 'on', 'nopass', '~*', '+@all', 'resetchannels'] as const;
      await redisCommand(server.port, ...user);
      const limited = await testLog((port) => openClient(port, 'limited'), server.port);
      const tails = [await followedLog(await testLog(openClient, server.port), ['1'])];
      tails.push(recordTail(limited));
      await tails[1]!.untilStarted();
      await appendAll(limited, ['2', '3']);
      for (const tail of tails) await tail.untilData('3');
      await appendAll(limited, ['4']);
      for (const tail of tails) await tail.untilData('4');
      expect(tails.map(({ entries }) => dataOf(entries))).toEqual([numbers(4), ['2', '3', '4']]);
      expect(tails.flatMap(({ errors, starts }) => [errors.length, starts.length])).toEqual([0, 1, 0, 1]);
    });

    it('requires no other rights than those in docs/hub.md', async () => {
      const server = await testRedis();
      const rule = /^ACL SETUSER name (.+)$/m.exec(readFileSync('docs/hub.md', 'utf8'))![1]!.split(' ');
      await redisCommand(server.port, 'ACL', 'SETUSER', 'limited', 'on', 'nopass', ...rule);
      const [log, other] = [1, 2].map(() => testLog((port) => openClient(port, 'limited'), server.port));
      const tail = await followedLog(await log!, ['1', '2']);
      await appendAll(await other!, ['3']);
      await tail.untilData('3');
      const { latestId } = await (await log!).range();
      await (await log!).append(entry('4', { idempotencyKey: 'k' }));
      expect(await (await log!).append(entry('4', { idempotencyKey: 'k' }))).toMatchObject({ duplicate: true });
      expect(dataOf(await (await other!).read(latestId, 10))).toEqual(['4']);
      await (await log!).presence.write('p', '{}', 60_000);
      expect([...(await (await other!).presence.read()).keys()]).toEqual(['p']);
      await (await log!).presence.remove('p');
      await (await log!).close();
      expect(await redisCommand(server.port, 'ACL', 'LOG')).toEqual([]);
      expect(tail.errors).toEqual([]);
    });

    it('names the document that lists the required rights, if its user has too few', async () => {
      const server = await testRedis();
      for (const missing of ['-info', '-evalsha', 'resetkeys']) {
        await redisCommand(server.port, 'ACL', 'SETUSER', 'limited', 'on', 'nopass', '~*', '+@all', missing);
        const log = await testLog((port) => openClient(port, 'limited'), server.port);
        await expect(log.append(entry('1'))).rejects.toMatchObject({
          code: 'HUB_ERR_NOT_PUBLISHED',
          message: expect.stringMatching(/ \(docs\/hub\.md lists the rights that a RedisLog requires\)$/),
        });
      }
    });

    it('has one order for 10,000 entries of three logs', async () => {
      const server = await testRedis();
      const logs = await Promise.all([1, 2, 3].map(() => testLog(openClient, server.port)));
      const tails = logs.map(recordTail);
      await Promise.all(tails.map((tail) => tail.untilStarted()));
      const perLog = [3334, 3333, 3333];
      await Promise.all(logs.map((log, index) => appendAll(log, numbers(perLog[index]!))));
      await Promise.all(tails.map((tail) => tail.until(() => tail.entries.length === 10_000)));
      const read = await logs[0]!.read(tails[0]!.starts[0]!, 10_001);
      for (const tail of tails) expect(tail.entries).toEqual(read);
    });
  });
}
