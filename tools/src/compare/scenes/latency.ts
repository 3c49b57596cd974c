import type { Pushed, PushOptions } from '../processes/server-operations.ts';
import { median, tailOf } from '../statistics.ts';
import { TECHNIQUES, type Technique, TITLES } from '../technique.ts';
import type { TestBed } from '../test-bed.ts';
import type { Scene } from './scene.ts';

/** Per round, for both techniques together: the number of messages, and their rate, which is far below saturation. */
const LOADS = [
  { row: '16 B', bytes: 16, count: 2000, rate: 2000 },
  { row: '1 KiB', bytes: 1024, count: 200, rate: 1000 },
  { row: '16 KiB', bytes: 16 * 1024, count: 100, rate: 500 },
  { row: '128 KiB', bytes: 128 * 1024, count: 20, rate: 100 },
  { row: '1 MiB', bytes: 1024 * 1024, count: 10, rate: 25 },
] as const;

/** Sent before the measurement. */
const WARM_UP = { bytes: 1024, count: 300, rate: 2000 };

/** The time from the event in the server to the event in the client. */
export const latency: Scene = {
  name: 'latency',
  title: 'Latency of a message: P + R',
  text: 'The two techniques take turns at a fixed rate far below saturation. A late message does not delay the next one (open loop). P is the time from the moment an event is due in the server to the write of its message to the socket. R is the time from that write to the event in the client. p50, p99 and p99.9 are quantiles of P + R.',
  chart: { kind: 'bars', columns: ['p50 (ms)'] },
  async measure(testBed, { table }) {
    for (const technique of TECHNIQUES) await testBed.client.call('connect', testBed.target(technique, '/'));
    await measurePushes(testBed, WARM_UP);
    for (const { row, ...load } of LOADS) {
      const pushes = await measurePushes(testBed, load);
      for (const technique of TECHNIQUES) {
        const own = pushes.filter((push) => push.technique === technique);
        table.add(row, TITLES[technique], latencyOf(own));
      }
    }
    await testBed.client.call('disconnect', undefined);
  },
};

/** The terms of a pushed message, in milliseconds. */
export interface Push {
  readonly technique: Technique;
  readonly P: number;
  readonly R: number;
}

/** Pushes messages to the connected clients; the techniques take turns. Resolves when all messages have arrived. */
export async function measurePushes(
  { client, server }: TestBed,
  load: Omit<PushOptions, 'firstId' | 'techniques'>,
  techniques: readonly Technique[] = TECHNIQUES,
): Promise<Push[]> {
  const [pushed, received] = await Promise.all([
    server.call('push', { ...load, techniques, firstId: 0 }),
    client.call('takeReceived', load.count),
  ]);
  return pushesOf(pushed, received);
}

/** The terms of all pushed messages that were received. */
export function pushesOf(
  pushed: readonly Pushed[],
  received: readonly { readonly id: number; readonly time: number }[],
): Push[] {
  const times = new Map(received.map(({ id, time }) => [id, time]));
  return pushed.flatMap(({ id, technique, origin, written }) => {
    const time = times.get(id);
    return time === undefined ? [] : [{ technique, P: written - origin, R: time - written }];
  });
}

/** The columns of a table of latencies. */
export function latencyOf(pushes: readonly Push[]): Record<string, number | undefined> {
  const { p50, p99, 'p99.9': p999 } = tailOf(pushes.map(({ P, R }) => P + R));
  return {
    'P (ms)': median(pushes.map(({ P }) => P)),
    'R (ms)': median(pushes.map(({ R }) => R)),
    'p50 (ms)': p50,
    'p99 (ms)': p99,
    'p99.9 (ms)': p999,
  };
}
