import { describe, expect, it, vi } from 'vitest';
import { type LogEntry, MemoryLog, type NewLogEntry, type TailListener } from '../../../src/hub/index.ts';
import { nextUncaughtException } from '../../support/uncaught.ts';

const entry = (data: string, idempotencyKey?: string): NewLogEntry => ({
  topic: 'a',
  event: undefined,
  data,
  idempotencyKey,
});

/** Appends entries and returns their ids. */
async function append(log: MemoryLog, ...data: string[]): Promise<string[]> {
  const appended = await Promise.all(data.map((one) => log.append(entry(one))));
  return appended.map(({ id }) => id);
}

async function read(log: MemoryLog, after: string, limit = 100): Promise<string | null> {
  const entries = await log.read(after, limit);
  return entries === null ? null : entries.map(({ data }) => data).join('');
}

/** Records what a tail receives: ids of starts, and data of entries. */
class Notes implements TailListener {
  readonly all: string[] = [];
  onEntry: (entry: LogEntry) => void = () => {};

  get text(): string {
    return this.all.join(' ');
  }

  onStart(latestId: string): void {
    this.all.push(`start ${latestId}`);
  }

  onEntries(entries: readonly LogEntry[]): void {
    for (const one of entries) {
      this.all.push(one.data);
      this.onEntry(one);
    }
  }

  onError(): void {}
}

describe('A MemoryLog', () => {
  it('reads the entries after an id, in their order, up to the limit', async () => {
    const log = new MemoryLog();
    const { oldestId, latestId: start } = await log.range();
    expect(oldestId).toBe(null);
    expect(await read(log, start)).toBe('');
    const [first, second, third] = await append(log, '1', '2', '3');
    expect(await log.range()).toEqual({ oldestId: first, latestId: third });
    expect(await read(log, start)).toBe('123');
    expect(await read(log, start, 2)).toBe('12');
    expect(await read(log, second!)).toBe('3');
    expect(await read(log, third!)).toBe('');
  });

  it('keeps topic, type and data of an entry', async () => {
    const log = new MemoryLog();
    const start = (await log.range()).latestId;
    const { id } = await log.append({ topic: 'a/b', event: 'type', data: '{}', idempotencyKey: 'key' });
    expect(await log.read(start, 1)).toMatchObject([{ id, topic: 'a/b', event: 'type', data: '{}' }]);
  });

  it('has ids of visible ASCII characters that no other log has', async () => {
    const logs = [new MemoryLog(), new MemoryLog()];
    const [id] = await append(logs[0]!, '1');
    const [other] = await append(logs[1]!, '1');
    expect(id).toMatch(/^[\x21-\x7e]+$/);
    expect(await read(logs[1]!, id!)).toBe(null);
    expect(logs[0]!.compare(id!, other!)).toBeNaN();
  });

  it('compares ids by their positions, beyond 10 as well', async () => {
    const log = new MemoryLog();
    const ids = await append(log, ...'abcdefghijkl');
    expect(log.compare(ids[1]!, ids[10]!)).toBeLessThan(0);
    expect(log.compare(ids[10]!, ids[1]!)).toBeGreaterThan(0);
    expect(log.compare(ids[1]!, ids[1]!)).toBe(0);
  });

  it.each(['', '-', 'x', '1', 'x-1', `${'x-1'.repeat(5000)}x`, `${'1'.repeat(16_000)}`, '-1\n', '__proto__'])(
    'does not know an id that it has not given',
    async (id) => {
      const log = new MemoryLog();
      const [known] = await append(log, '1', '2');
      expect(await log.read(id, 10)).toBe(null);
      expect(log.compare(id, known!)).toBeNaN();
      expect(log.compare(known!, id)).toBeNaN();
    },
  );

  it('does not know an id that it has not given yet', async () => {
    const log = new MemoryLog();
    const [id] = await append(log, '1');
    const [name] = id!.split(/-(?=\d+$)/);
    for (const number of ['2', '9'.repeat(400), '-1', '1.0', '0x1', ' 1']) {
      expect(await read(log, `${name}-${number}`)).toBe(null);
    }
  });

  it('resolves to null when entries after the id have gone beyond its limits', async () => {
    const log = new MemoryLog({ count: 2 });
    const ids = await append(log, '1', '2', '3', '4');
    expect(await read(log, ids[0]!)).toBe(null);
    expect(await read(log, ids[1]!)).toBe('34');
    expect((await log.range()).oldestId).toBe(ids[2]);
  });

  it('removes entries at their age, even while nothing is appended', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const log = new MemoryLog({ age: 1000 });
    const start = (await log.range()).latestId;
    const [id] = await append(log, '1');
    now.mockReturnValue(999);
    expect(await read(log, start)).toBe('1');
    now.mockReturnValue(1000);
    const { oldestId } = await log.range();
    const found = await read(log, start);
    now.mockRestore();
    expect(found).toBe(null);
    expect(oldestId).toBe(null);
    expect(await read(log, id!)).toBe('');
  });

  it('removes entries beyond its bytes: each counts twice its text, and objects', async () => {
    const log = new MemoryLog({ bytes: 10_000 });
    const ids = await append(log, 'x'.repeat(2000), 'y'.repeat(2000), 'z'.repeat(2000));
    expect(await read(log, ids[0]!)).toBe('y'.repeat(2000) + 'z'.repeat(2000));
    expect((await log.range()).oldestId).toBe(ids[1]);
  });

  it.each([{ count: 0 }, { bytes: 0 }, { age: 0 }])('with %j keeps nothing', async (options) => {
    const log = new MemoryLog(options);
    const notes = new Notes();
    log.tail(notes);
    const ids = await append(log, '1', '2');
    expect(notes.all.slice(1)).toEqual(['1', '2']);
    expect(await read(log, ids[0]!)).toBe(null);
    expect(await read(log, ids[1]!)).toBe('');
  });

  it.each([
    [{ count: -1 }, 'count must be at least 0; received -1'],
    [{ bytes: Number.NaN }, 'bytes must be at least 0 bytes; received NaN'],
    [{ age: '1' }, 'age must be a number; received "1"'],
    [[], 'options must be an object; received an array'],
  ])('throws for the options %j', (options, message) => {
    expect(() => new MemoryLog(options as never)).toThrow(
      expect.objectContaining({ message, code: 'HUB_ERR_INVALID_OPTION' }),
    );
  });
});

describe('An idempotency key of a MemoryLog', () => {
  it('appends an event once, and gives the id of the first one', async () => {
    const log = new MemoryLog();
    const notes = new Notes();
    log.tail(notes);
    const first = await log.append(entry('1', 'key'));
    const second = await log.append(entry('2', 'key'));
    const other = await log.append(entry('3', 'other'));
    expect(second).toEqual({ id: first.id, duplicate: true });
    expect(other.duplicate).toBe(false);
    expect(notes.all.slice(1)).toEqual(['1', '3']);
  });

  it('is remembered for as long as its event', async () => {
    const log = new MemoryLog({ count: 2 });
    await log.append(entry('1', 'key'));
    await append(log, '2');
    expect((await log.append(entry('3', 'key'))).duplicate).toBe(true);
    await append(log, '3', '4');
    const again = await log.append(entry('5', 'key'));
    expect(again.duplicate).toBe(false);
    expect(await log.append(entry('6', 'key'))).toEqual({ id: again.id, duplicate: true });
  });
});

describe('The tail of a MemoryLog', () => {
  it('begins at the latest id, and receives entries during append()', async () => {
    const log = new MemoryLog();
    const [id] = await append(log, '1');
    const notes = new Notes();
    log.tail(notes);
    expect(notes.text).toBe(`start ${id}`);
    void log.append(entry('2'));
    expect(notes.text).toBe(`start ${id} 2`);
  });

  it('receives nothing after close(), of the tail or of the log', async () => {
    const log = new MemoryLog();
    const [closed, open] = [new Notes(), new Notes()];
    const tail = log.tail(closed);
    log.tail(open);
    tail.close();
    tail.close();
    await append(log, '1');
    await log.close();
    await expect(log.append(entry('2'))).rejects.toMatchObject({ name: 'HubError', code: 'HUB_ERR_CLOSED' });
    expect(closed.all.length).toBe(1);
    expect(open.all.slice(1)).toEqual(['1']);
  });

  it('receives entries in one order, also those that a listener appends', async () => {
    const log = new MemoryLog();
    const [first, second] = [new Notes(), new Notes()];
    first.onEntry = ({ data }) => data.length < 3 && void log.append(entry(`${data}x`));
    log.tail(first);
    log.tail(second);
    await append(log, '1');
    expect(first.all.slice(1)).toEqual(['1', '1x', '1xx']);
    expect(second.all).toEqual(first.all);
  });

  it('that begins while a listener is called receives what is appended after that entry, once', async () => {
    const log = new MemoryLog();
    const [first, late] = [new Notes(), new Notes()];
    first.onEntry = ({ data, id }) => {
      if (data !== '1') return;
      void log.append(entry('2'));
      log.tail(late);
      expect(late.text).toBe(`start ${id}`);
    };
    log.tail(first);
    await append(log, '1');
    expect(late.all.slice(1)).toEqual(['2']);
  });

  it('continues after a listener has thrown, for this listener and for the others', async () => {
    const log = new MemoryLog();
    const [broken, fine] = [new Notes(), new Notes()];
    broken.onEntry = ({ data }) => {
      if (data === '1') throw new Error('broken listener');
    };
    log.tail(broken);
    log.tail(fine);
    const uncaught = nextUncaughtException();
    await append(log, '1', '2');
    expect((await uncaught).message).toBe('broken listener');
    expect(fine.all.slice(1)).toEqual(['1', '2']);
    expect(broken.all.slice(1)).toEqual(['1', '2']);
  });
});
