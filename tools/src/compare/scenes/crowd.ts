import { tailOf } from '../statistics.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import type { Scene } from './scene.ts';

const COUNTS = [10, 1000, 5000];
/** The size of a broadcast message. */
const BYTES = 128;
const BROADCASTS = 3;
/** The number of files that a process may have open besides its connections. */
const OTHER_FILES = 100;

/** What many connections cost the server. */
export const crowd: Scene = {
  name: 'crowd',
  title: 'Many connections and a broadcast',
  text: `Server memory per connection: heap and buffers, without kernel memory. With only 10 connections, other allocations of the process dominate. Server CPU time per connection to open it, and to send it a broadcast message of ${BYTES} B. Time until half (p50) and 99 % (p99) of the clients have received the broadcast. The clients are plain sockets.`,
  chart: { kind: 'bars', columns: ['memory (KB/connection)'] },
  rounds: 3,
  needsOwnProcesses: true,
  async measure(testBed, { table }) {
    const { client, server } = testBed;
    for (const count of COUNTS) {
      for (const technique of TECHNIQUES) {
        const row = `${count} connections`;
        if (count + OTHER_FILES > openFilesLimit()) {
          table.add(row, TITLES[technique], {
            'memory (KB/connection)': `exceeds the limit of ${openFilesLimit()} open files per process`,
          });
          continue;
        }
        // Wait until the previous crowd is gone, so that its memory does not count.
        await server.call('waitUntilEmpty', undefined);
        const memoryBefore = await server.call('memory', undefined);
        const before = await server.call('cpu', undefined);
        await client.call('openCrowd', { technique, port: testBed.ports.http, count });
        const opened = await server.call('cpu', undefined);
        const memory = await server.call('memory', undefined);

        const times: number[] = [];
        let cpu = 0;
        for (let id = 0; id < BROADCASTS; id++) {
          const received = client.call('awaitBroadcast', BYTES);
          // The client handles calls in order: when it answers this one, it is ready.
          await client.call('takeReceived', 0);
          const begun = await server.call('cpu', undefined);
          const origin = await server.call('broadcast', { technique, bytes: BYTES, id });
          times.push(...(await received).map((time) => time - origin));
          cpu += (await server.call('cpu', undefined)) - begun;
        }
        const { p50, p99 } = tailOf(times);
        table.add(row, TITLES[technique], {
          'memory (KB/connection)': (memory - memoryBefore) / 1000 / count,
          'CPU to open (µs/connection)': ((opened - before) * 1000) / count,
          'CPU to send (µs/connection)': (cpu * 1000) / count / BROADCASTS,
          'broadcast, p50 (ms)': p50,
          'broadcast, p99 (ms)': p99,
        });
        await client.call('closeCrowd', undefined);
      }
    }
  },
};

/** Node.js raises the soft limit to the hard limit when it starts. */
function openFilesLimit(): number {
  const report = process.report?.getReport() as unknown as { userLimits?: { open_files?: { soft: unknown } } };
  const soft = report?.userLimits?.open_files?.soft;
  return typeof soft === 'number' || typeof soft === 'string'
    ? Number(soft) || Number.POSITIVE_INFINITY
    : Number.POSITIVE_INFINITY;
}
