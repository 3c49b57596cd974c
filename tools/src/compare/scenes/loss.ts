import { median } from '../statistics.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import { measurePushes } from './latency.ts';
import type { Scene } from './scene.ts';

const DELAY = 20;
/** Bits per second. */
const BANDWIDTH = 10_000_000;

const LOSSES = [
  { row: 'nothing lost', lossInterval: Number.POSITIVE_INFINITY },
  { row: 'one segment in 20 lost', lossInterval: 20 },
];

const LOAD = { bytes: 1024, count: 60, rate: 100 };

/** What a lost segment does to the messages behind it. */
export const loss: Scene = {
  name: 'loss',
  title: 'Latency on a network that loses segments: P + R',
  text: `Messages of 1 KiB, 50 a second of each technique, through a relay of ${DELAY} ms each way and ${BANDWIDTH / 1e6} Mbit/s. A lost segment is sent again after 200 ms, and what is behind it on its connection has to wait, as TCP has it: both techniques are one connection of TCP.`,
  chart: { kind: 'bars', columns: ['mean (ms)'] },
  waits: true,
  async measure(stage, { sheet }) {
    for (const { row, lossInterval } of LOSSES) {
      const port = await stage.relay(stage.ports.http, { delay: DELAY, bandwidth: BANDWIDTH, lossInterval });
      for (const technique of TECHNIQUES) {
        await stage.client.call('connect', stage.target(technique, '/', 'http', port));
      }
      const pushes = await measurePushes(stage, LOAD);
      for (const technique of TECHNIQUES) {
        const own = pushes.filter((push) => push.technique === technique);
        const times = own.map(({ P, R }) => P + R);
        sheet.add(row, TITLES[technique], {
          'p50 (ms)': median(times),
          'mean (ms)': times.reduce((sum, time) => sum + time, 0) / times.length,
          'slowest (ms)': Math.max(...times),
        });
      }
      await stage.client.call('disconnect', undefined);
    }
  },
};
