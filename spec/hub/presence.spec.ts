import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Hub, type PresenceRecords } from '../../src/hub/index.ts';
import { FakeLog } from '../support/fake-log.ts';
import { FakeStream } from '../support/fake-stream.ts';

class FakeRecords implements PresenceRecords {
  readonly records = new Map<string, string>();
  readonly expiries: number[] = [];
  failure: Error | undefined;

  async write(process: string, record: string, expiry: number): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.records.set(process, record);
    this.expiries.push(expiry);
  }

  async remove(process: string): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.records.delete(process);
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    if (this.failure !== undefined) throw this.failure;
    return this.records;
  }
}

/** A hub of a process whose log keeps its records here. */
function hubWith(records: FakeRecords, presenceInterval = 1000): Hub {
  const hub = new Hub({ log: Object.assign(new FakeLog(), { presence: records }), presenceInterval });
  onTestFinished(() => hub.shutdown());
  return hub;
}

const subscribe = (hub: Hub, ...topics: string[]): boolean => hub.subscribe(new FakeStream().asStream, topics);

describe('totalCount()', () => {
  it('sums the subscribers of a topic over all processes, those of its filters included', async () => {
    const records = new FakeRecords();
    const hub = hubWith(records);
    records.records.set('other', '{"a/b":1,"a/*":2,"*":4,"a/c":8,"__proto__":16}');
    records.records.set('another', '{"a/b":32}');
    subscribe(hub, 'a/b');
    subscribe(hub, 'a/*');
    expect(await hub.totalCount('a/b')).toBe(41);
    expect(await hub.totalCount('a/*')).toBe(3);
    expect(await hub.totalCount('__proto__')).toBe(20);
    expect(await hub.totalCount('z/*')).toBe(0);
  });

  it('counts the subscribers of this process as they are now, not as in its record', async () => {
    const records = new FakeRecords();
    const hub = hubWith(records);
    subscribe(hub, 'a');
    subscribe(hub, 'a');
    expect([...records.records.values()]).toEqual(['{}']);
    expect(await hub.totalCount('a')).toBe(2);
  });

  it('rejects without records, and for an invalid topic', async () => {
    const message = 'totalCount() requires the option presenceInterval, and a log that keeps records';
    const code = 'HUB_ERR_INVALID_OPTION';
    await expect(new Hub({ presenceInterval: 1000 }).totalCount('a')).rejects.toMatchObject({ message, code });
    await expect(hubWith(new FakeRecords(), 0).totalCount('a')).rejects.toMatchObject({ message, code });
    await expect(hubWith(new FakeRecords()).totalCount('a//b')).rejects.toMatchObject({ name: 'TypeError', code });
  });

  it('rejects with a code, and the error of the log as the cause, if the log does not answer', async () => {
    const records = new FakeRecords();
    const hub = hubWith(records);
    records.failure = new Error('no answer');
    await expect(hub.totalCount('a')).rejects.toMatchObject({
      code: 'HUB_ERR_NOT_COUNTED',
      message: 'The subscribers were not counted: no answer',
      cause: records.failure,
    });
    records.failure = undefined;
  });
});

describe('The record of a process', () => {
  it('is not written while the engine has not answered the one before', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const records = new FakeRecords();
    let answer: () => void = () => {};
    const write = vi.spyOn(records, 'write').mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    hubWith(records);
    vi.advanceTimersByTime(5000);
    expect(write).toHaveBeenCalledOnce();
    answer();
    await new Promise(setImmediate);
    vi.advanceTimersByTime(1000);
    expect(write).toHaveBeenCalledTimes(2);
    answer();
  });

  it('is written at each interval, expires after three, and is removed by shutdown()', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const records = new FakeRecords();
    const hub = hubWith(records);
    subscribe(hub, 'a', 'b/*');
    subscribe(hub, 'a');
    await new Promise(setImmediate);
    vi.advanceTimersByTime(999);
    expect([...records.records.values()]).toEqual(['{}']);
    vi.advanceTimersByTime(1);
    expect([...records.records.values()]).toEqual(['{"a":2,"b/*":1}']);
    await new Promise(setImmediate);
    vi.advanceTimersByTime(1000);
    expect(records.expiries).toEqual([3000, 3000, 3000]);
    await hub.shutdown();
    vi.advanceTimersByTime(5000);
    expect(records.records.size).toBe(0);
    expect(records.expiries.length).toBe(3);
  });

  it("that cannot be written is reported by 'logError', and so is one that cannot be removed", async () => {
    const records = new FakeRecords();
    records.failure = new Error('no answer');
    const hub = hubWith(records);
    const errors: string[] = [];
    hub.on('logError', ({ message }) => errors.push(message));
    await new Promise(setImmediate);
    await hub.shutdown();
    expect(errors).toEqual(['no answer', 'no answer']);
  });

  it('is removed after it was written, and before the log is closed', async () => {
    const calls: string[] = [];
    const note = async (call: string): Promise<void> => {
      calls.push(`${call} begins`);
      await new Promise(setImmediate);
      calls.push(`${call} ends`);
    };
    const presence = { write: () => note('write'), remove: () => note('remove'), read: async () => new Map() };
    const log = Object.assign(new FakeLog(), { presence, close: () => note('close') });
    await new Hub({ log, presenceInterval: 1000 }).shutdown();
    expect(calls).toEqual(['write', 'remove', 'close'].flatMap((call) => [`${call} begins`, `${call} ends`]));
  });

  it("that the end of the log interrupts is not reported by 'logError'", async () => {
    let fail: (error: Error) => void = () => {};
    const write = (): Promise<void> => new Promise((_resolve, reject) => (fail = reject));
    const isClosed = new Error('The log is closed');
    const presence = { write, remove: () => Promise.reject(isClosed), read: async () => new Map() };
    const log = Object.assign(new FakeLog(), { presence, close: async () => fail(isClosed) });
    const hub = new Hub({ log, presenceInterval: 1000 });
    const errors: string[] = [];
    hub.on('logError', ({ message }) => errors.push(message));
    await hub.shutdown({ timeout: 5 });
    await new Promise(setImmediate);
    expect(errors).toEqual([]);
  });

  it("that cannot be written is reported again by 'logError' only if the reason changes, not at each interval", async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const records = new FakeRecords();
    const hub = hubWith(records);
    const errors: string[] = [];
    hub.on('logError', ({ message }) => errors.push(message));
    for (const failure of [new Error('no answer'), new Error('no right'), undefined, new Error('no answer')]) {
      records.failure = failure;
      for (let interval = 0; interval < 3; interval++) await vi.advanceTimersByTimeAsync(1000);
    }
    expect(errors).toEqual(['no answer', 'no right', 'no answer']);
    records.failure = undefined;
  });

  it("that can be written again is reported by 'logRecovered'", async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const records = new FakeRecords();
    records.failure = new Error('no answer');
    const hub = hubWith(records);
    let recoveries = 0;
    hub.on('logRecovered', () => recoveries++);
    await vi.advanceTimersByTimeAsync(1000);
    expect(recoveries).toBe(0);
    records.failure = undefined;
    await vi.advanceTimersByTimeAsync(2000);
    expect(recoveries).toBe(1);
    await hub.shutdown();
  });
});
