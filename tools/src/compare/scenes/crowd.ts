import { tailOf } from '../statistics.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import type { Scene } from './scene.ts';

const COUNTS = [10, 1000, 5000];
/** Of a broadcast message. */
const BYTES = 128;
const BROADCASTS = 3;
/** Files that a process has open besides its connections. */
const OTHER_FILES = 100;

/** What connections cost the server. */
export const crowd: Scene = {
  name: 'crowd',
  title: 'Many connections, and a broadcast to them',
  text: `Memory of the server for each connection: its heap and buffers, without what the kernel holds; of ten, what else the process does is more than they hold. CPU time of the server to open one, and to send it a message of ${BYTES} B that all get; and when half of the clients and all but a hundredth have got that. The clients are bare sockets.`,
  chart: { kind: 'bars', columns: ['memory (KB/connection)'] },
  rounds: 3,
  isAlone: true,
  async measure(stage, { sheet }) {
    const { client, server } = stage;
    for (const count of COUNTS) {
      for (const technique of TECHNIQUES) {
        const row = `${count} connections`;
        if (count + OTHER_FILES > openFilesLimit()) {
          sheet.add(row, TITLES[technique], {
            'memory (KB/connection)': `more than the ${openFilesLimit()} open files that a process may have here`,
          });
          continue;
        }
        // What the crowd before has left is not to be weighed against this one.
        await server.call('emptied', undefined);
        const memoryBefore = await server.call('memory', undefined);
        const before = await server.call('cpu', undefined);
        await client.call('gather', { technique, port: stage.ports.http, count });
        const opened = await server.call('cpu', undefined);
        const memory = await server.call('memory', undefined);

        const times: number[] = [];
        let cpu = 0;
        for (let id = 0; id < BROADCASTS; id++) {
          const received = client.call('awaitCrowd', BYTES);
          // The client is ready when it answers the next call.
          await client.call('takeReceived', 0);
          const begun = await server.call('cpu', undefined);
          const origin = await server.call('broadcast', { technique, bytes: BYTES, id });
          times.push(...(await received).map((time) => time - origin));
          cpu += (await server.call('cpu', undefined)) - begun;
        }
        const { p50, p99 } = tailOf(times);
        sheet.add(row, TITLES[technique], {
          'memory (KB/connection)': (memory - memoryBefore) / 1000 / count,
          'CPU to open (µs/connection)': ((opened - before) * 1000) / count,
          'CPU to send (µs/connection)': (cpu * 1000) / count / BROADCASTS,
          'broadcast, p50 (ms)': p50,
          'broadcast, p99 (ms)': p99,
        });
        await client.call('dismissCrowd', undefined);
      }
    }
  },
};

/** Node raises the soft limit to the hard one by itself. */
function openFilesLimit(): number {
  const report = process.report?.getReport() as unknown as { userLimits?: { open_files?: { soft: unknown } } };
  const soft = report?.userLimits?.open_files?.soft;
  return typeof soft === 'number' || typeof soft === 'string'
    ? Number(soft) || Number.POSITIVE_INFINITY
    : Number.POSITIVE_INFINITY;
}
