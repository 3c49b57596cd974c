import { rateOf } from '../statistics.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import type { Scene } from './scene.ts';

const LOADS = [
  { row: '16 B', bytes: 16, count: 10_000 },
  { row: '1 KiB', bytes: 1024, count: 5_000 },
  { row: '16 KiB', bytes: 16 * 1024, count: 1_000 },
] as const;

/** How many messages one connection carries per second. */
export const throughput: Scene = {
  name: 'throughput',
  title: 'Throughput of one connection',
  text: 'The server sends as fast as the connection accepts. Messages per second as the client receives them, and server CPU time per message.',
  chart: { kind: 'bars', columns: ['messages/s'] },
  async measure(testBed, { table }) {
    const { client, server } = testBed;
    for (const technique of TECHNIQUES) {
      await client.call('connect', testBed.target(technique, '/'));
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
        table.add(row, TITLES[technique], {
          'messages/s': rate,
          'MB/s': (rate * bytes) / 1e6,
          'server CPU (µs/message)': ((after - before) * 1000) / count,
        });
      }
      await client.call('disconnect', undefined);
    }
  },
};
