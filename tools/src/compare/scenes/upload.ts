import { tailOf } from '../statistics.ts';
import { TECHNIQUES, type Technique } from '../technique.ts';
import type { TestBed } from '../test-bed.ts';
import type { Scene } from './scene.ts';

const BYTES = 64;

const LOADS = [
  { row: 'one at a time', inFlight: 1, path: '/', counts: { websocket: 200, 'event-stream': 100 } },
  { row: 'as fast as possible', inFlight: 32, path: '/upload', counts: { websocket: 10_000, 'event-stream': 480 } },
] as const;

const SERIES: Readonly<Record<Technique, string>> = { websocket: 'WebSocket', 'event-stream': 'fetch POST' };

/** Messages from a client: frames, or requests beside the event stream. */
export const upload: Scene = {
  name: 'upload',
  title: 'From client to server: R up',
  text: `Messages of ${BYTES} B over a WebSocket, or as POST requests by fetch over keep-alive connections, as a page with an event stream sends them. R up is the time from the call to the server application. As fast as possible means WebSocket frames without a pause, or 32 concurrent requests.`,
  chart: { kind: 'bars', columns: ['messages/s'] },
  async measure(testBed, { table }) {
    const { client, server } = testBed;
    for (const technique of TECHNIQUES) {
      for (const { row, inFlight, path, counts } of LOADS) {
        const target = testBed.target(technique, path);
        const options = { ...target, count: counts[technique], bytes: BYTES, inFlight };
        await client.call('upload', { ...options, count: counts[technique] / 4 });
        await allArrivals(server, options.count / 4);
        await client.call('disconnect', undefined);
        const before = await server.call('cpu', undefined);
        const { sent, cpu } = await client.call('upload', options);
        const arrivals = await allArrivals(server, sent.length);
        const after = await server.call('cpu', undefined);
        await client.call('disconnect', undefined);
        const { p50, p99 } = tailOf(sent.map((time, id) => arrivals.get(id)! - time));
        const last = Math.max(...arrivals.values());
        table.add(row, SERIES[technique], {
          ...(inFlight === 1 ? { 'R up, p50 (ms)': p50, 'R up, p99 (ms)': p99 } : {}),
          'messages/s': (sent.length * 1000) / (last - sent[0]!),
          'server CPU (µs/message)': ((after - before) * 1000) / sent.length,
          'client CPU (µs/message)': (cpu * 1000) / sent.length,
        });
      }
    }
  },
};

/** The arrival times of the messages with the IDs from 0 on. Waits until all have arrived. */
export async function allArrivals(server: TestBed['server'], count: number): Promise<Map<number, number>> {
  const all = new Map<number, number>();
  while (all.size < count) {
    for (const [id, { arrived }] of await server.call('takeArrivals', { first: 0, count })) all.set(id, arrived);
  }
  return all;
}
