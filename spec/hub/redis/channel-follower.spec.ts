import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ChannelFollower } from '../../../src/hub/redis/channel-follower.ts';
import { PatientWaits } from '../../../src/hub/redis/patient-waits.ts';
import type { ChannelListener, Subscribe } from '../../../src/hub/redis/redis-client.ts';
import { TailCursor } from '../../../src/hub/redis/tail-cursor.ts';

const TIMES = { block: 1000, patience: 1000, delay: 1, maxDelay: 2 };

/** A log that the test appends to, and a follower of its channel. It has five entries at the start. */
function openFollower(
  options: {
    /** Whether the state is announced, at each check. */
    readonly isAnnounced?: () => boolean;
    readonly subscribe?: Subscribe;
    readonly onEntries?: () => void;
    readonly times?: typeof TIMES;
  } = {},
) {
  const { isAnnounced = () => true, onEntries, times = TIMES } = options;
  const log = { epoch: 'aa', base: 0, last: 5, oldest: 1 };
  const called: string[] = [];
  let [reads, checks] = [0, 0];
  let channel: ChannelListener | undefined;
  let onCall = (): void => {};
  const call = (what: string): void => {
    called.push(what);
    onCall();
  };
  const cursor = new TailCursor({
    onStart: (id) => call(`start ${id}`),
    onEntries(entries) {
      call(entries.map(({ id }) => id).join(' '));
      onEntries?.();
    },
    onError() {},
  });
  cursor.synchronize(log, false);
  const waits = new PatientWaits(times);
  onTestFinished(() => waits.close());
  const head = (): string => `${log.last} ${log.last}`;
  const source = {
    key: 'log',
    times,
    connect: () => expect.fail(),
    async commands(_key: string, command: string[]) {
      reads++;
      const after = Number(command.at(-1)!.split('-')[0]);
      const count = Math.max(log.last - after, 0);
      return { log: Array.from({ length: count }, (_, index) => entryOf(log.epoch, after + 1 + index)) };
    },
    loadState: async () => ({ ...log }),
    async announceState() {
      checks++;
      const state = { ...log };
      if (isAnnounced()) channel?.onMessage(head());
      return state;
    },
  };
  const subscribe: Subscribe = async (name, listener) => {
    call(`subscribe ${name}`);
    channel = listener;
    return async () => call('unsubscribe');
  };
  const end = new ChannelFollower(source, cursor, waits).follow(options.subscribe ?? subscribe);
  // Each test awaits it.
  end.catch(() => {});
  return {
    log,
    source,
    cursor,
    called,
    end,
    waits,
    reads: () => reads,
    checks: () => checks,
    listener: () => channel!,
    /** Appends an entry, and announces it. */
    append(text = `\0a\0\x001`) {
      log.last++;
      channel!.onMessage(`${log.last - 1} ${log.last}${text}`);
    },
    /** Resolves when so many calls were made. */
    async until(count: number): Promise<void> {
      await new Promise<void>((resolve) => {
        onCall = () => called.length >= count && resolve();
        onCall();
      });
      await settled();
    },
  };
}

const entryOf = (epoch: string, number: number) => [`${number}-0`, ['e', epoch, 't', 'a', 'd', '1']];
const settled = (): Promise<void> => new Promise(setImmediate);
const BEGUN = ['start aa-5', 'subscribe pushwire:aa'];

describe('ChannelFollower', () => {
  it('delivers the entries of messages, and reads nothing', async () => {
    const { called, append, until, reads } = openFollower();
    await until(2);
    append();
    append();
    expect(called).toEqual([...BEGUN, 'aa-6', 'aa-7']);
    expect(reads()).toBe(0);
  });

  it('reads the entries that a message does not contain', async () => {
    const { called, append, until, reads } = openFollower();
    await until(2);
    append('');
    append();
    await until(3);
    expect(called).toEqual([...BEGUN, 'aa-6 aa-7']);
    append();
    expect(called.at(-1)).toBe('aa-8');
    expect(reads()).toBe(1);
  });

  it('reads the entries that were appended before it had subscribed', async () => {
    const { log, called, append, until } = openFollower();
    log.last = 7;
    await until(3);
    append();
    expect(called).toEqual([...BEGUN, 'aa-6 aa-7', 'aa-8']);
  });

  it('leaves the reading of many long entries to the connection of the tail, which delays no other command', async () => {
    const { source, log, called, until, listener, end } = openFollower();
    await until(2);
    const counts: (string | undefined)[] = [];
    source.commands = async (_key, command) => {
      counts.push(command[2]);
      return { log: [[`${log.last}-0`, ['e', 'aa', 't', 'a', 'd', '1'.repeat(100_000)]]] };
    };
    log.last = 6;
    listener().onMessage('5 6');
    await until(3);
    listener().onMessage('6 8');
    log.last = 7;
    expect(await end).toBe('busy');
    expect(counts).toEqual(['1', '1']);
    expect(called).toEqual([...BEGUN, 'aa-6', 'aa-7', 'unsubscribe']);
  });

  it('reads one entry first, and then more at a time if it is short', async () => {
    const { source, log, called, until, listener } = openFollower();
    await until(2);
    const counts: number[] = [];
    source.commands = async (_key, command) => {
      const count = Number(command[2]);
      counts.push(count);
      const after = Number(command.at(-1)!.split('-')[0]);
      return { log: Array.from({ length: Math.min(count, log.last - after) }, (_, i) => entryOf('aa', after + 1 + i)) };
    };
    log.last = 605;
    listener().onMessage('5 605');
    await until(7);
    expect(counts).toEqual([1, 16, 256, 256, 256]);
    expect(called.slice(2).join(' ').split(' ')).toHaveLength(600);
  });

  it('ignores messages about entries that it has read', async () => {
    const { log, called, append, until, listener } = openFollower();
    await until(2);
    log.last = 8;
    listener().onMessage('5 6');
    await until(3);
    listener().onMessage('6 7\0a\0\x001');
    listener().onMessage('7 8\0a\0\x001');
    append();
    expect(called).toEqual([...BEGUN, 'aa-6 aa-7 aa-8', 'aa-9']);
  });

  it('reads the rest of a message if it has read the beginning', async () => {
    const { log, called, until, listener } = openFollower();
    await until(2);
    log.last = 7;
    listener().onMessage('5 6');
    await until(3);
    log.last = 8;
    listener().onMessage('6 8\0a\0\x001\0a\0\x001');
    await until(4);
    expect(called).toEqual([...BEGUN, 'aa-6 aa-7', 'aa-8']);
  });

  it('delivers an entry once, and does not begin anew, if it is announced while the state of the log is requested', async () => {
    const follower = openFollower({ times: { ...TIMES, block: 2 } });
    const { announceState } = follower.source;
    const appendDuringCheck = vi.fn(async () => {
      const state = await announceState();
      follower.append();
      return state;
    });
    await follower.until(2);
    follower.source.announceState = appendDuringCheck;
    await follower.until(5);
    expect(follower.called).toEqual([...BEGUN, 'aa-6', 'aa-7', 'aa-8']);
  });

  it('delivers messages while the state of the log is requested, however long the answer takes', async () => {
    const { source, log, called, append, until, reads } = openFollower({ times: { ...TIMES, block: 2 } });
    await until(2);
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => {
      source.announceState = () => {
        const state = { ...log };
        resolve();
        return new Promise((answered) => (answer = () => answered(state)));
      };
    });
    await asked;
    append();
    append();
    expect(called).toEqual([...BEGUN, 'aa-6', 'aa-7']);
    answer();
    await settled();
    append();
    expect(called).toEqual([...BEGUN, 'aa-6', 'aa-7', 'aa-8']);
    expect(reads()).toBe(0);
  });

  it('keeps the channel if the request for the state of the log fails while messages arrive', async () => {
    const { source, called, append, until, end } = openFollower({ times: { ...TIMES, block: 2 } });
    await until(2);
    let checks = 0;
    source.announceState = async () => {
      if (++checks < 3) append();
      throw new Error('closed');
    };
    await expect(end).rejects.toThrow('closed');
    expect(called).toEqual([...BEGUN, 'aa-6', 'aa-7']);
  });

  it('delivers all entries if another program sends other messages', async () => {
    const { called, append, until, log, listener } = openFollower();
    await until(2);
    for (const text of ['hello', 'NaN NaN', '5 4', '9 9'.repeat(9)]) listener().onMessage(text);
    append();
    listener().onMessage('x y');
    log.last += 2;
    listener().onMessage('8 8');
    await until(4);
    expect(called.slice(0, 4)).toEqual([...BEGUN, 'aa-6', 'unsubscribe']);
  });

  it('leaves the channel if an entry was not announced', async () => {
    const { log, called, append, until, end } = openFollower();
    await until(2);
    append();
    log.last++;
    append();
    expect(await end).toBe('unusable');
    expect(called).toEqual([...BEGUN, 'aa-6', 'unsubscribe']);
  });

  it('leaves the channel if the state of the log shows an entry that was not announced', async () => {
    const { log, until, end } = openFollower({ times: { ...TIMES, block: 2 } });
    await until(2);
    log.last++;
    expect(await end).toBe('unusable');
  });

  it('works without a channel that the user may not subscribe to', async () => {
    const { end, called } = openFollower({ subscribe: () => Promise.reject(new Error('NOPERM no')) });
    expect(await end).toBe('unusable');
    expect(called).toEqual(['start aa-5']);
  });

  it('rejects if the connection fails while it subscribes', async () => {
    const { end } = openFollower({ subscribe: () => Promise.reject(new Error('closed')) });
    await expect(end).rejects.toThrow('closed');
  });

  it('leaves the channel if the server announces nothing', async () => {
    const follower = openFollower();
    follower.source.announceState = async () => null as never;
    expect(await follower.end).toBe('unusable');
  });

  it('leaves the channel if messages do not arrive', async () => {
    const { end } = openFollower({ isAnnounced: () => false, times: { ...TIMES, patience: 5 } });
    expect(await end).toBe('unusable');
  });

  it('rejects if messages do not arrive any more', async () => {
    let announced = 0;
    const times = { ...TIMES, block: 2, patience: 50 };
    const { end } = openFollower({ isAnnounced: () => ++announced === 1, times });
    await expect(end).rejects.toThrow('Redis did not answer within 50 ms');
  });

  it('requests the state only after some time without a message', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { append, checks } = openFollower();
    await vi.advanceTimersByTimeAsync(0);
    for (let half = 0; half < 4; half++) {
      append();
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(checks()).toBe(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(checks()).toBe(2);
  });

  it('ends with the epoch, after the last entries', async () => {
    const { log, called, until, listener, end } = openFollower();
    await until(2);
    Object.assign(log, { epoch: 'bb', base: 5, last: 7, oldest: 6 });
    listener().onMessage('');
    expect(await end).toBe('new epoch');
    expect(called).toEqual([...BEGUN, 'start bb-5', 'unsubscribe']);
  });

  it('continues if another program announces that the epoch is over', async () => {
    const { called, until, listener, append } = openFollower();
    await until(2);
    listener().onMessage('');
    await settled();
    append();
    expect(called).toEqual([...BEGUN, 'aa-6']);
  });

  it('ignores repeated messages of another program that the epoch is over', async () => {
    const { source, called, until, listener, append } = openFollower();
    await until(2);
    let left = 3;
    const { loadState } = source;
    source.loadState = async () => {
      if (left-- > 0) listener().onMessage('');
      return loadState();
    };
    listener().onMessage('');
    await settled();
    append();
    expect(called).toEqual([...BEGUN, 'aa-6']);
  });

  it('leaves the channel, and begins anew, if another program has announced an entry that the log has not appended', async () => {
    const { called, append, until, listener, end, cursor, log } = openFollower();
    await until(2);
    listener().onMessage('5 6\0a\0\0false');
    append();
    expect(await end).toBe('unusable');
    for (const begins of [true, false]) expect(cursor.synchronize(log, false)).toBe(begins);
    expect(called).toEqual([...BEGUN, 'aa-6', 'unsubscribe', 'start aa-6']);
  });

  it('leaves the channel if another program sends a message that does not follow the previous one', async () => {
    for (const text of ['0 0', '9 9']) {
      const { called, until, listener, end } = openFollower();
      await until(2);
      listener().onMessage(text);
      expect(await end).toBe('unusable');
      expect(called).toEqual([...BEGUN, 'unsubscribe']);
    }
  });

  it('begins anew if announced entries cannot be read', async () => {
    const follower = openFollower();
    await follower.until(2);
    follower.source.commands = async () => ({ log: [] });
    follower.append('');
    await follower.until(3);
    expect(follower.called).toEqual([...BEGUN, 'start aa-6']);
  });

  it('leaves the channel when messages follow each other too fast', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { append, called, end } = openFollower();
    await vi.advanceTimersByTimeAsync(0);
    for (let count = 0; count < 80; count++) {
      append();
      await vi.advanceTimersByTimeAsync(4);
    }
    expect(called).not.toContain('unsubscribe');
    for (let count = 0; count < 80; count++) append();
    expect(await end).toBe('busy');
  });

  it('leaves the channel when it must read many entries that messages do not contain', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { log, called, listener, end } = openFollower();
    await vi.advanceTimersByTimeAsync(0);
    const announce = async (entries: number): Promise<void> => {
      for (let count = 0; count < 80; count++) {
        log.last += entries;
        listener().onMessage(`${log.last - entries} ${log.last}`);
        await vi.advanceTimersByTimeAsync(20);
      }
    };
    await announce(5);
    expect(called).not.toContain('unsubscribe');
    await announce(20);
    expect(called.at(-1)).toBe('unsubscribe');
    expect(await end).toBe('busy');
  });

  it('rejects if the connection fails', async () => {
    const { until, listener, end } = openFollower();
    await until(2);
    listener().onFailure(undefined);
    await expect(end).rejects.toThrow('Redis has closed the connection');
  });

  it('delivers nothing more after it has rejected, although the old connection may still pass messages on', async () => {
    const { until, called, listener, end, append } = openFollower();
    await until(2);
    listener().onFailure(undefined);
    append();
    await expect(end).rejects.toThrow('Redis has closed the connection');
    append();
    expect(called).toEqual([...BEGUN, 'aa-6']);
  });

  it('rejects if the listener throws', async () => {
    const { until, append, end } = openFollower({
      onEntries() {
        throw new Error('no');
      },
    });
    await until(2);
    append();
    await expect(end).rejects.toThrow('no');
  });

  it('rejects when it is closed', async () => {
    const { until, waits, end } = openFollower();
    await until(2);
    waits.close();
    await expect(end).rejects.toThrow('The log is closed');
  });
});
