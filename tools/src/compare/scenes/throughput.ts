import { rateOf } from '../statistics.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import type { Scene } from './scene.ts';

const LOADS = [
  { row: '16 B', bytes: 16, count: 10_000 },
  { row: '1 KiB', bytes: 1024, count: 5_000 },
  { row: '16 KiB', bytes: 16 * 1024, count: 1_000 },
] as const;

/** How much one connection carries. */
export const throughput: Scene = {
  name: 'throughput',
  title: 'Throughput of one connection',
  text: 'The server sends as fast as the connection takes it: messages a second as the client gets them, and the CPU time of the server for each.',
  chart: { kind: 'bars', columns: ['messages/s'] },
  async measure(stage, { sheet }) {
    const { client, server } = stage;
    for (const technique of TECHNIQUES) {
      await client.call('connect', stage.target(technique, '/'));
      for (const { row, bytes, count } of LOADS) {
        const flood = async (messages: number): Promise<number> => {
          const [, received] = await Promise.all([
            server.call('flood', { technique, bytes, count: messages }),
            client.call('takeReceived', messages),
          ]);
          return rateOf(received.map(({ time }) => time));
        };
        await flood(count / 5);
        const before = await server.call('cpu', undefined);
        const rate = await flood(count);
        const after = await server.call('cpu', undefined);
        sheet.add(row, TITLES[technique], {
          'messages/s': rate,
          'MB/s': (rate * bytes) / 1e6,
          'CPU of the server (µs/message)': ((after - before) * 1000) / count,
        });
      }
      await client.call('disconnect', undefined);
    }
  },
};
