import { median } from '../statistics.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import { measurePushes } from './latency.ts';
import type { Scene } from './scene.ts';

/** Milliseconds each way. */
const DELAY = 20;
/** Bits per second. */
const BANDWIDTH = 10_000_000;

const LOSSES = [
  { row: 'no loss', lossInterval: Number.POSITIVE_INFINITY },
  { row: '1 in 20 segments lost', lossInterval: 20 },
];

const LOAD = { bytes: 1024, count: 60, rate: 100 };

/** How a lost TCP segment delays the messages behind it. */
export const loss: Scene = {
  name: 'loss',
  title: 'Latency on a lossy network: P + R',
  text: `Messages of 1 KiB, 50 per second and technique, through a relay with ${DELAY} ms each way and ${BANDWIDTH / 1e6} Mbit/s. A lost segment is retransmitted after 200 ms. Until then, TCP does not deliver the data after it on the same connection. Each technique uses one TCP connection.`,
  chart: { kind: 'bars', columns: ['mean (ms)'] },
  isMostlyIdle: true,
  async measure(testBed, { table }) {
    for (const { row, lossInterval } of LOSSES) {
      const port = await testBed.relay(testBed.ports.http, { delay: DELAY, bandwidth: BANDWIDTH, lossInterval });
      for (const technique of TECHNIQUES) {
        await testBed.client.call('connect', testBed.target(technique, '/', 'http', port));
      }
      const pushes = await measurePushes(testBed, LOAD);
      for (const technique of TECHNIQUES) {
        const own = pushes.filter((push) => push.technique === technique);
        const times = own.map(({ P, R }) => P + R);
        table.add(row, TITLES[technique], {
          'p50 (ms)': median(times),
          'mean (ms)': times.reduce((sum, time) => sum + time, 0) / times.length,
          'slowest (ms)': Math.max(...times),
        });
      }
      await testBed.client.call('disconnect', undefined);
    }
  },
};
