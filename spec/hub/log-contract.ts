import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Hub } from '../../src/hub/index.ts';
import type { Appended, Log, LogEntry, NewLogEntry } from '../../src/hub/log/log.ts';
import { recordTail } from './recorded-tail.ts';

/** An empty log, and what a test does to it from outside. */
export interface LogUnderTest {
  readonly log: Log;
  /** The same log, as another process opens it. */
  another(): Promise<Log>;
  /** Removes the oldest entries from the engine, so that only the latest `count` are left. */
  trim(count: number): Promise<void>;
  /** Deletes all that the engine holds of the log. */
  wipe(): Promise<void>;
  /** Closes all logs that were opened, and what they use. */
  close(): Promise<void>;
}

/** An entry of the topic `a`, without an event type and an idempotency key. */
export function entry(data: string, fields: Partial<NewLogEntry> = {}): NewLogEntry {
  return { topic: 'a', event: undefined, data, idempotencyKey: undefined, ...fields };
}

/** Appends an entry for each text, one call after the other, without waiting between them. */
export function appendAll(log: Log, texts: readonly string[]): Promise<Appended[]> {
  return Promise.all(texts.map((text) => log.append(entry(text))));
}

export function dataOf(entries: readonly LogEntry[] | null): string[] | null {
  return entries === null ? null : entries.map(({ data }) => data);
}

/** The texts "1" to `count`. */
export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1));
}

/** What each log does, whatever its engine is. `open` resolves to a new, empty log. */
export function describeLog(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`${name} as a log`, () => {
    let opened: LogUnderTest;
    let log: Log;
    beforeEach(async () => {
      opened = await open();
      log = opened.log;
    });
    afterEach(() => opened.close());

    it('returns what was appended, in order', async () => {
      const { latestId } = await log.range();
      const appended = await appendAll(log, ['1', '2', '3']);
      const entries = await log.read(latestId, 10);
      expect(dataOf(entries)).toEqual(['1', '2', '3']);
      expect(entries!.map(({ id }) => id)).toEqual(appended.map(({ id }) => id));
      expect(appended.map(({ duplicate }) => duplicate)).toEqual([false, false, false]);
    });

    it('keeps topic, event type and data as they are', async () => {
      const { latestId } = await log.range();
      const given = [
        { topic: 'orders/42', event: 'created', data: '{"text":"\\u0000 é 漢字 😀"}' },
        { topic: 'é/😀', event: undefined, data: '""' },
        { topic: '*', event: 'message', data: 'x'.repeat(100_000) },
      ];
      for (const fields of given) await log.append(entry(fields.data, fields));
      const entries = await log.read(latestId, 10);
      expect(entries!.map(({ topic, event, data }) => ({ topic, event, data }))).toEqual(given);
    });

    it('has ids of visible ASCII characters', async () => {
      const { latestId } = await log.range();
      const { id } = await log.append(entry('1'));
      for (const text of [latestId, id]) expect(text).toMatch(/^[\x21-\x7E]+$/);
    });

    it('reads pages that continue each other', async () => {
      const { latestId } = await log.range();
      await appendAll(log, numbers(25));
      const read: string[] = [];
      let after = latestId;
      for (;;) {
        const page = await log.read(after, 10);
        expect(page!.length).toBeLessThanOrEqual(10);
        if (page!.length === 0) break;
        read.push(...dataOf(page)!);
        after = page!.at(-1)!.id;
      }
      expect(read).toEqual(numbers(25));
    });

    it('has no entry after the latest one', async () => {
      const appended = await appendAll(log, ['1', '2']);
      expect(await log.read(appended[1]!.id, 10)).toEqual([]);
      expect(dataOf(await log.read(appended[0]!.id, 10))).toEqual(['2']);
    });

    it('reports its first and its last id', async () => {
      const empty = await log.range();
      expect(empty.oldestId).toBeNull();
      expect(await log.range()).toEqual(empty);
      const [first, , third] = await appendAll(log, ['1', '2', '3']);
      expect(await log.range()).toEqual({ oldestId: first!.id, latestId: third!.id });
    });

    it('reads fewer entries if they are long, and at least one', async () => {
      const { latestId } = await log.range();
      const text = 'x'.repeat(1000);
      await appendAll(
        log,
        numbers(100).map(() => text),
      );
      expect(await log.read(latestId, 100, 1)).toHaveLength(1);
      const some = await log.read(latestId, 100, 20_000);
      expect(some!.length).toBeGreaterThan(5);
      expect(some!.length).toBeLessThan(40);
      expect(await log.read(latestId, 100, 10_000_000)).toHaveLength(100);
    });

    it('does not read after an id that it does not know', async () => {
      await appendAll(log, ['1']);
      for (const id of [
        '',
        '-',
        '0',
        '1-0',
        'unknown',
        '00000000-0000-4000-8000-000000000000-1',
        'é',
        `${'9'.repeat(400)}-1`,
      ]) {
        expect(await log.read(id, 10)).toBeNull();
      }
    });

    it('does not read after an id that it has not reached', async () => {
      const [first] = await appendAll(log, ['1']);
      expect(
        await log.read(
          first!.id.replace(/.$/, (digit) => String(Number(digit) + 3)),
          10,
        ),
      ).toBeNull();
    });

    it('does not read past entries that were trimmed', async () => {
      const { latestId } = await log.range();
      const appended = await appendAll(log, numbers(10));
      await opened.trim(3);
      expect(await log.read(latestId, 10)).toBeNull();
      expect(await log.read(appended[5]!.id, 10)).toBeNull();
      expect(dataOf(await log.read(appended[7]!.id, 10))).toEqual(['9', '10']);
      expect(await log.range()).toEqual({ oldestId: appended[7]!.id, latestId: appended[9]!.id });
    });

    it('continues after all of its entries were trimmed', async () => {
      const [first, second] = await appendAll(log, ['1', '2']);
      await opened.trim(0);
      expect(await log.range()).toEqual({ oldestId: null, latestId: second!.id });
      expect(await log.read(first!.id, 10)).toBeNull();
      expect(await log.read(second!.id, 10)).toEqual([]);
      await appendAll(log, ['3']);
      expect(dataOf(await log.read(second!.id, 10))).toEqual(['3']);
    });

    it('does not confuse an old id with a new one after it was begun anew', async () => {
      const before = await appendAll(log, ['1', '2', '3']);
      await opened.wipe();
      const after = await appendAll(log, ['4', '5', '6']);
      for (const { id } of before) expect(await log.read(id, 10)).toBeNull();
      expect(dataOf(await log.read(after[0]!.id, 10))).toEqual(['5', '6']);
      expect((await log.range()).oldestId).toBe(after[0]!.id);
      expect(log.compare(before[0]!.id, after[0]!.id)).toBeNaN();
    });

    it('compares ids', async () => {
      const { latestId } = await log.range();
      const appended = await appendAll(log, numbers(12));
      const ids = [latestId, ...appended.map(({ id }) => id)];
      for (const [index, id] of ids.entries()) {
        for (const [other, otherId] of ids.entries()) {
          expect(Math.sign(log.compare(id, otherId))).toBe(Math.sign(index - other));
        }
        for (const unknown of ['', '1', 'unknown']) {
          expect(log.compare(id, unknown)).toBeNaN();
          expect(log.compare(unknown, id)).toBeNaN();
        }
      }
    });

    it('does not append an idempotency key again', async () => {
      const { latestId } = await log.range();
      const first = await log.append(entry('1', { idempotencyKey: 'k' }));
      const other = await opened.another();
      const again = await other.append(entry('2', { idempotencyKey: 'k' }));
      expect(first.duplicate).toBe(false);
      expect(again.duplicate).toBe(true);
      expect([first.id, '']).toContain(again.id);
      const both = await Promise.all([1, 2].map((data) => log.append(entry(String(data), { idempotencyKey: 'l' }))));
      expect(both.map(({ duplicate }) => duplicate)).toEqual([false, true]);
      expect(dataOf(await log.read(latestId, 10))).toEqual(['1', '1']);
    });

    it('passes new entries to a tail, of this process and of another one', async () => {
      await appendAll(log, ['before']);
      const { latestId } = await log.range();
      const tail = recordTail(log);
      await tail.untilStarted();
      const other = await opened.another();
      const first = await log.append(entry('1', { event: 'e' }));
      const second = await other.append(entry('2', { topic: 'b' }));
      await tail.untilData('2');
      expect(tail.starts).toEqual([latestId]);
      expect(tail.entries).toEqual([
        { id: first.id, topic: 'a', event: 'e', data: '1' },
        { id: second.id, topic: 'b', event: undefined, data: '2' },
      ]);
    });

    it('passes the first entry of an empty log to a tail', async () => {
      const tail = recordTail(log);
      await tail.untilStarted();
      await appendAll(log, ['1']);
      await tail.untilData('1');
      expect(log.compare(tail.starts[0]!, tail.entries[0]!.id)).toBeLessThan(0);
      expect(dataOf(await log.read(tail.starts[0]!, 10))).toEqual(['1']);
    });

    it('calls nothing of a tail that is closed', async () => {
      const tail = recordTail(log);
      const other = recordTail(log);
      await Promise.all([tail.untilStarted(), other.untilStarted()]);
      tail.tail.close();
      tail.tail.close();
      await appendAll(log, ['1']);
      await other.untilData('1');
      expect(tail.entries).toEqual([]);
      const early = recordTail(log);
      early.tail.close();
      await appendAll(log, ['2']);
      await other.untilData('2');
      expect(early.starts).toEqual([]);
    });

    it('begins a tail anew when the log was deleted', async () => {
      const tail = recordTail(log);
      await tail.untilStarted();
      await appendAll(log, ['1', '2']);
      await tail.untilData('2');
      const before = tail.entries.at(-1)!.id;
      await opened.wipe();
      await appendAll(log, ['3']);
      await tail.untilStarted(2);
      await appendAll(log, ['4']);
      await tail.untilData('4');
      expect(log.compare(tail.starts.at(-1)!, before)).toBeNaN();
      expect(dataOf(await log.read(tail.starts.at(-1)!, 10))).toEqual(dataOf(tail.entries));
    });

    it('has the same order for all processes, which keeps the order of each writer', async () => {
      const { latestId } = await log.range();
      const logs = [log, await opened.another(), await opened.another()];
      const tails = logs.map(recordTail);
      await Promise.all(tails.map((tail) => tail.untilStarted()));
      const count = 300;
      const ids = await Promise.all(
        logs.map(async (one, writer) => {
          const own = await appendAll(
            one,
            numbers(count).map((number) => `${writer}:${number}`),
          );
          return own.map(({ id }) => id);
        }),
      );
      await Promise.all(tails.map((tail) => tail.until(() => tail.entries.length >= count * 3)));
      const read = await log.read(latestId, count * 4);
      for (const tail of tails) expect(tail.entries).toEqual(read);
      for (const [writer, own] of ids.entries()) {
        const ofWriter = read!.filter(({ data }) => data.startsWith(`${writer}:`));
        expect(ofWriter.map(({ id }) => id)).toEqual(own);
        expect(dataOf(ofWriter)).toEqual(numbers(count).map((number) => `${writer}:${number}`));
      }
    });

    it('keeps the records of processes until they expire', async () => {
      const { presence } = log;
      if (!presence) return;
      const other = (await opened.another()).presence!;
      await presence.write('one', '{"a":1}', 60_000);
      await other.write('two', 'é 1:2', 60_000);
      await other.write('three', 'x', 1);
      await presence.write('one', '{"a":2}', 60_000);
      let records = await presence.read();
      while (records.has('three')) records = await presence.read();
      expect([...records].sort()).toEqual([
        ['one', '{"a":2}'],
        ['two', 'é 1:2'],
      ]);
      await other.remove('one');
      await other.remove('unknown');
      expect([...(await presence.read()).keys()]).toEqual(['two']);
    });

    it('keeps a record of any length, if it keeps records of processes', async () => {
      const { presence } = log;
      if (!presence) return;
      const other = (await opened.another()).presence!;
      expect(await other.read()).toEqual(new Map());
      const record = `{"${'漢😀"\\'.repeat(100_000)}":1}`;
      await presence.write('one', record, 60_000);
      expect((await other.read()).get('one') === record).toBe(true);
      await presence.write('one', '{}', 60_000);
      expect((await other.read()).get('one')).toBe('{}');
    });

    it('has no record of a hub that was shut down, if it keeps records of processes', async () => {
      const { presence } = log;
      if (!presence) return;
      const hub = new Hub({ log: await opened.another(), presenceInterval: 60_000 });
      const errors: Error[] = [];
      hub.on('logError', (error) => errors.push(error));
      while ((await presence.read()).size === 0);
      await hub.shutdown();
      expect((await presence.read()).size).toBe(0);
      expect(errors).toEqual([]);
    });

    it('rejects entries that are appended after it was closed', async () => {
      await log.close();
      await log.close();
      await expect(log.append(entry('1'))).rejects.toMatchObject({ name: 'HubError', code: 'HUB_ERR_CLOSED' });
    });
  });
}
