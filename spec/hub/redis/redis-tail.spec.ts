import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { LogState } from '../../../src/hub/redis/log-state.ts';
import type { ChannelListener, Subscribe } from '../../../src/hub/redis/redis-client.ts';
import { RedisTail } from '../../../src/hub/redis/redis-tail.ts';
import type { TailSource } from '../../../src/hub/redis/tail-source.ts';

const STATE: LogState = { epoch: 'aa', base: 0, last: 5, oldest: 1 };
const TIMES = { block: 1, patience: 5, delay: 1, maxDelay: 2 };

/** A tail whose commands the test answers: each with what the next function returns, and then never. */
function openTail(
  replies: readonly (() => unknown)[],
  { subscribe, ...source }: Partial<TailSource> & { readonly subscribe?: Subscribe } = {},
) {
  const commands: string[][] = [];
  const called: string[] = [];
  let destroyed = 0;
  let met = (): void => {};
  const tail = new RedisTail(
    {
      key: 'log',
      times: TIMES,
      commands: never,
      loadState: async () => STATE,
      announceState: never,
      connect: () => ({
        subscribe,
        open: async () => {},
        destroy: () => void destroyed++,
        async send(_key, command) {
          const reply = replies[commands.push(command) - 1];
          if (!reply) met();
          return reply ? reply() : new Promise(() => {});
        },
      }),
      ...source,
    },
    {
      onStart: (id) => void called.push(`start ${id}`),
      onEntries: (entries) => void called.push(entries.map(({ id }) => id).join(' ')),
      onError: ({ message }) => void called.push(message),
    },
    () => void called.push('closed'),
  );
  onTestFinished(() => tail.close());
  /** Resolves when all replies were given. */
  const done = new Promise<void>((resolve) => {
    met = resolve;
  });
  return { tail, commands, called, done, destroyed: () => destroyed };
}

const never = (): Promise<never> => new Promise(() => {});
const entries = (...numbers: readonly number[]) => ({
  log: numbers.map((number) => [`${number}-0`, ['e', 'aa', 't', 'a', 'd', '1']]),
});
const counts = (commands: readonly string[][]): string[] => commands.map((command) => command[2]!);

describe('RedisTail', () => {
  it('requests the entries after the last one that it has delivered', async () => {
    const states = [STATE, { ...STATE, last: 7 }];
    const { commands, called, done } = openTail([() => entries(6, 7), () => null, () => entries(8)], {
      loadState: async () => states.shift()!,
    });
    await done;
    expect(called).toEqual(['start aa-5', 'aa-6 aa-7', 'aa-8']);
    expect(commands[0]).toEqual(['XREAD', 'COUNT', '4', 'BLOCK', '1', 'STREAMS', 'log', '5-0']);
    expect(commands.map((command) => command.at(-1))).toEqual(['5-0', '7-0', '7-0', '8-0']);
  });

  it('requests entries at once after a late entry, and a little later after an immediate one', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let answer = (_reply: unknown): void => {};
    const asked = () => new Promise((resolve) => (answer = resolve));
    const times = { ...TIMES, block: 1000 };
    const { commands } = openTail([asked, asked, asked], { times });
    await vi.advanceTimersByTimeAsync(10);
    answer(entries(6));
    await vi.advanceTimersByTimeAsync(0);
    expect(commands.length).toBe(2);
    answer(entries(7));
    await vi.advanceTimersByTimeAsync(0);
    expect(commands.length).toBe(2);
    await vi.advanceTimersByTimeAsync(3);
    expect(commands.length).toBe(3);
  });

  it('delivers what comes before a gap, and begins anew at the end of the log', async () => {
    const states = [STATE, { ...STATE, last: 8 }];
    const { called, done } = openTail([() => entries(6, 8)], { loadState: async () => states.shift()! });
    await done;
    expect(called).toEqual(['start aa-5', 'aa-6', 'start aa-8']);
  });

  it('begins with the first entry of a new epoch, if it exists', async () => {
    const begun: LogState = { epoch: 'bb', base: 7, last: 9, oldest: 8 };
    const trimmed: LogState = { epoch: 'cc', base: 9, last: 20, oldest: 15 };
    const states = [STATE, begun, trimmed];
    const { called, done } = openTail([() => null, () => null], { loadState: async () => states.shift()! });
    await done;
    expect(called).toEqual(['start aa-5', 'start bb-7', 'start cc-20']);
  });

  it('requests fewer entries after an answer that came too late, and later more again', async () => {
    const { commands, called, done } = openTail([never, never, () => entries(6), () => entries(7), () => entries(8)]);
    await done;
    expect(counts(commands)).toEqual(['4', '1', '1', '2', '4', '8']);
    expect(called).toEqual([
      'start aa-5',
      'Redis did not answer within 6 ms',
      '',
      'Redis did not answer within 6 ms',
      '',
      'aa-6',
      'aa-7',
      'aa-8',
    ]);
  });

  it('requests more entries at a time while they are short, and few after a pause', async () => {
    const long = (...numbers: readonly number[]) => ({
      log: numbers.map((number) => [`${number}-0`, ['e', 'aa', 't', 'a', 'd', 'x'.repeat(100_000)]]),
    });
    const replies = [
      ...Array.from({ length: 7 }, (_, index) => () => entries(6 + index)),
      () => long(13, 14),
      () => null,
    ];
    const { commands, done } = openTail(replies);
    await done;
    expect(counts(commands)).toEqual(['4', '8', '16', '32', '64', '128', '256', '256', '10', '4']);
  });

  it('stops waiting for a connection that does not open', async () => {
    let opened = 0;
    const { tail, called } = openTail([], {
      connect: () => ({
        open: never,
        destroy() {
          if (++opened === 3) tail.close();
        },
        send: never,
      }),
    });
    while (!called.includes('closed')) await new Promise(setImmediate);
    expect(called).toEqual(['Redis did not answer within 5 ms', 'closed']);
  });

  it('tries again if a connection cannot be created', async () => {
    let attempts = 0;
    const { called } = openTail([], {
      connect() {
        if (++attempts === 1) throw new Error('no');
        return { open: async () => {}, destroy() {}, send: never };
      },
    });
    while (called.length < 2) await new Promise(setImmediate);
    expect(called).toEqual(['no', 'start aa-5']);
  });

  it('destroys its connection when it is closed', async () => {
    const { tail, called, done, destroyed } = openTail([]);
    await done;
    tail.close();
    await new Promise(setImmediate);
    expect(destroyed()).toBe(1);
    expect(called).toEqual(['start aa-5', 'closed']);
  });

  it('reads the stream while its channel is busy, and subscribes again when entries are few', async () => {
    let last = 5;
    const subscriptions: ChannelListener[] = [];
    let left = 0;
    const { called, commands } = openTail(
      [() => entries(...Array.from({ length: 100 }, (_, index) => 69 + index)), () => null],
      {
        times: { ...TIMES, block: 1000, patience: 1000 },
        loadState: async () => ({ ...STATE, last }),
        async announceState() {
          subscriptions.at(-1)!.onMessage(`${last} ${last}`);
          return { ...STATE, last };
        },
        async subscribe(_channel, listener) {
          subscriptions.push(listener);
          return async () => left++;
        },
      },
    );
    while (called.length < 1 || subscriptions.length < 1) await new Promise(setImmediate);
    await new Promise(setImmediate);
    for (; last < 68; last++) subscriptions[0]!.onMessage(`${last} ${last + 1}\0a\0\x001`);
    last = 168;
    while (subscriptions.length < 2) await new Promise(setImmediate);
    expect(left).toBe(1);
    expect(commands.map((command) => command.at(-1))).toEqual(['68-0', '168-0']);
    expect(called.slice(0, 3)).toEqual(['start aa-5', 'aa-6', 'aa-7']);
    expect(called).toHaveLength(65);
  });

  it.each<[string, () => Promise<undefined>, number]>([
    ['the connection fails when it subscribes', () => Promise.reject(new Error('The connection was closed')), 2],
    ['the user has no right to the channel', () => Promise.reject(new Error('NOPERM no right to the channel')), 1],
    ['the client cannot be relied on for channels', async () => undefined, 1],
  ])(
    'reads the stream if %s, and tries the channel again, after a longer time each time',
    async (_reason, subscribe, first) => {
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      const begin = performance.now();
      const minutes: number[] = [];
      const noEntries = () => new Promise((resolve) => setTimeout(resolve, 2000, null));
      openTail(Array(4000).fill(noEntries), {
        times: { ...TIMES, block: 2000, patience: 1000 },
        subscribe() {
          minutes.push(Math.round((performance.now() - begin) / 60_000));
          return subscribe();
        },
      });
      await vi.advanceTimersByTimeAsync(110 * 60_000);
      expect(minutes).toEqual([...Array(first).fill(0), 5, 25, 105]);
    },
  );

  it('reads the stream if connections fail soon after their channel was usable', async () => {
    let subscriptions = 0;
    const { called, commands } = openTail([() => entries(6)], {
      times: { ...TIMES, block: 1000, patience: 1000 },
      announceState: async () => STATE,
      async subscribe(_channel, listener) {
        subscriptions++;
        setImmediate(() => {
          listener.onMessage('5 5');
          setImmediate(() => listener.onFailure(new Error('The connection was closed')));
        });
        return async () => {};
      },
    });
    while (commands.length < 2 && subscriptions < 5) await new Promise(setImmediate);
    expect(subscriptions).toBe(2);
    const failure = ['The connection was closed', ''];
    expect(called).toEqual(['start aa-5', ...failure, ...failure, 'aa-6']);
  });

  it('begins anew after another program has announced an entry, even if the connection fails before the state is known', async () => {
    let forged = false;
    let failures = 0;
    const { called, done } = openTail([], {
      times: { ...TIMES, block: 1000, patience: 1000 },
      async loadState() {
        if (forged && failures++ === 0) throw new Error('The connection was closed');
        return forged ? { ...STATE, last: 6 } : STATE;
      },
      announceState: async () => STATE,
      async subscribe(_channel, listener) {
        setImmediate(() => {
          listener.onMessage('5 5');
          if (forged) return;
          setImmediate(() => {
            forged = true;
            listener.onMessage('5 6\0a\0\0false');
            listener.onMessage('5 6\0a\0\x001');
          });
        });
        return async () => {};
      },
    });
    await done;
    expect(called).toEqual(['start aa-5', 'aa-6', 'The connection was closed', 'start aa-6']);
  });

  it('subscribes again soon after a channel that was left because it was busy, also if channels before it have failed', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let last = 5;
    const subscribed: number[] = [];
    const begin = performance.now();
    openTail(
      Array(1000).fill(() => new Promise((resolve) => setTimeout(resolve, 2000, null))),
      {
        times: { ...TIMES, block: 2000, patience: 1000 },
        loadState: async () => ({ ...STATE, last }),
        announceState: async () => ({ ...STATE, last }),
        async subscribe(_channel, listener) {
          subscribed.push(Math.round((performance.now() - begin) / 60_000));
          if (subscribed.length < 3) throw new Error('The connection was closed');
          setImmediate(() => {
            listener.onMessage(`${last} ${last}`);
            setImmediate(() => {
              for (const end = last + 64; last < end; last++) listener.onMessage(`${last} ${last + 1}\0a\0\x001`);
            });
          });
          return async () => {};
        },
      },
    );
    await vi.advanceTimersByTimeAsync(6 * 60_000);
    expect(subscribed).toEqual([0, 0, 5, 5]);
  });

  it('waits longer before each further connection if the server refuses to read', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const refuse = () => Promise.reject(new Error('NOPERM no permissions to run xread'));
    const { commands, called } = openTail(Array(1000).fill(refuse), {
      times: { block: 2000, patience: 3000, delay: 100, maxDelay: 5000 },
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(commands.length).toBeLessThan(30);
    expect(called.filter((what) => what.startsWith('NOPERM')).length).toBe(commands.length);
  });

  it('opens the next connection soon if one was open for a while, although nothing was read', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const cut = () =>
      new Promise((_resolve, reject) => setTimeout(reject, 1000, new Error('The connection was closed')));
    const { commands } = openTail(Array(100).fill(cut), {
      times: { block: 2000, patience: 3000, delay: 100, maxDelay: 5000 },
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(commands.length).toBeGreaterThan(50);
  });

  it('opens the next connection soon if one was open for a while, although the server could not be reached for hours before', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const HOUR = 3_600_000;
    const begin = performance.now();
    const opened: number[] = [];
    const { tail } = openTail([], {
      times: { block: 8000, patience: 3000, delay: 100, maxDelay: 5000 },
      connect: () => ({
        async open() {
          const now = performance.now() - begin;
          if (now < 2 * HOUR) throw new Error('The server cannot be reached');
          opened.push(now);
        },
        destroy() {},
        send: () => new Promise((_resolve, reject) => setTimeout(reject, 8000, new Error('The connection was closed'))),
      }),
    });
    await vi.advanceTimersByTimeAsync(2 * HOUR + 120_000);
    tail.close();
    // Once after the longest pause, and then each time after the shortest one.
    const pauses = opened.slice(2).map((time, index) => time - opened[index + 1]! - 8000);
    expect(pauses.length).toBeGreaterThan(8);
    expect(Math.max(...pauses)).toBeLessThan(101);
  });

  it('subscribes again if the channel was usable for some time before the connection failed', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const subscriptions: ChannelListener[] = [];
    const { commands } = openTail([], {
      times: { ...TIMES, block: 1000, patience: 1000 },
      async announceState() {
        subscriptions.at(-1)!.onMessage('5 5');
        return STATE;
      },
      async subscribe(_channel, listener) {
        subscriptions.push(listener);
        return async () => {};
      },
    });
    for (let count = 1; count < 5; count++) {
      await vi.advanceTimersByTimeAsync(10_000);
      expect(subscriptions).toHaveLength(count);
      subscriptions.at(-1)!.onFailure(undefined);
    }
    expect(commands).toEqual([]);
  });

  it('calls no method of a listener that has closed it, whatever arrives with the same bytes', async () => {
    const called: string[] = [];
    let channel: ChannelListener | undefined;
    const tail = new RedisTail(
      {
        key: 'log',
        times: { ...TIMES, block: 1000, patience: 1000 },
        commands: never,
        loadState: async () => STATE,
        async announceState() {
          channel!.onMessage('5 5');
          return STATE;
        },
        connect: () => ({
          open: async () => {},
          destroy() {},
          send: never,
          async subscribe(_channel, listener) {
            channel = listener;
            return async () => {};
          },
        }),
      },
      {
        onStart: (id) => void called.push(`start ${id}`),
        onEntries(received) {
          called.push(received.map(({ id }) => id).join(' '));
          tail.close();
        },
        onError: ({ message }) => void called.push(message),
      },
      () => void called.push('closed'),
    );
    while (channel === undefined) await new Promise(setImmediate);
    await new Promise(setImmediate);
    channel.onMessage('5 6\0a\0\x001');
    channel.onMessage('6 7\0a\0\x001');
    await new Promise(setImmediate);
    expect(called).toEqual(['start aa-5', 'aa-6', 'closed']);
  });
});
