import { median } from '../figure.ts';
import type { Scene } from '../scene.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import { measurePushes } from './latency.ts';

const DELAY = 20;
/** Bits per second. */
const BANDWIDTH = 10_000_000;

const LOAD = { bytes: 1024, count: 60, rate: 100 };

/** What a lost segment does to the messages behind it. */
export const loss: Scene = {
  name: 'loss',
  title: 'Latency on a network that loses segments: P + R',
  text: `Messages of 1 KiB, 50 a second of each technique, through a relay of ${DELAY} ms each way and ${BANDWIDTH / 1e6} Mbit/s. A lost segment is sent again after 200 ms, and what is behind it on its connection has to wait, as TCP has it: both techniques are one connection of TCP.`,
  chart: { kind: 'bars', columns: ['slowest (ms)'] },
  async measure(stage, { sheet }) {
    for (const part of [0, 0.01]) {
      const port = await stage.relay(stage.ports.http, { delay: DELAY, bandwidth: BANDWIDTH, loss: part });
      for (const technique of TECHNIQUES) {
        await stage.client.call('connect', stage.target(technique, '/', 'http', port));
      }
      const pushes = await measurePushes(stage, LOAD);
      for (const technique of TECHNIQUES) {
        const own = pushes.filter((push) => push.technique === technique);
        const times = own.map(({ P, R }) => P + R);
        sheet.add(`${part * 100} % lost`, TITLES[technique], {
          'p50 (ms)': median(times),
          'slowest (ms)': Math.max(...times),
        });
      }
      await stage.client.call('disconnect', undefined);
    }
  },
};
