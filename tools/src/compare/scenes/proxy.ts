import { setTimeout as delay } from 'node:timers/promises';
import { findNginx } from '../installed-programs.ts';
import { NGINX_PATHS, Nginx } from '../network/nginx.ts';
import { median } from '../statistics.ts';
import type { Technique } from '../technique.ts';
import type { Stage } from '../test-bed.ts';
import { pushesOf } from './latency.ts';
import type { Scene } from './scene.ts';

const COUNT = 10;
const LOAD = { bytes: 64, count: COUNT, rate: 100 };
/** Milliseconds after the last message: what has not come by then is held back. */
const PATIENCE = 200;

const UNMARKED = 'event stream without X-Accel-Buffering';

const KINDS = [
  { series: 'WebSocket', technique: 'websocket', path: '/' },
  { series: 'event stream', technique: 'event-stream', path: '/' },
  { series: UNMARKED, technique: 'event-stream', path: '/unmarked' },
] as const;

const CONFIGURATIONS = [
  { row: 'nginx, as it comes', prefix: NGINX_PATHS.asItComes },
  { row: 'nginx, proxy_buffering off', prefix: NGINX_PATHS.unbuffered },
  { row: 'nginx, Upgrade passed on', prefix: NGINX_PATHS.upgrading },
];

/** What a proxy in between does. */
export const proxy: Scene = {
  name: 'proxy',
  title: 'Through a proxy',
  text: `${COUNT} messages of ${LOAD.bytes} B, 100 a second, through nginx: with nothing but proxy_pass, with proxy_buffering off, and with the header fields of the upgrade passed on. EventStream says \`X-Accel-Buffering: no\` by itself; without it, nginx buffers. What has not arrived ${PATIENCE} ms after the last message is held back.`,
  chart: { kind: 'bars', columns: ['R, p50 (ms)'] },
  waits: true,
  async measure(stage, { sheet }) {
    const program = findNginx();
    if (program === null) {
      sheet.add('nginx', 'not measured', { 'arrived (messages)': 'nginx is not installed' });
      return;
    }
    const nginx = await Nginx.start(program, stage.ports.http);
    try {
      for (const { row, prefix } of CONFIGURATIONS) {
        for (const { series, technique, path } of KINDS) {
          sheet.add(row, series, await measureThrough(stage, nginx.port, technique, prefix + path));
        }
      }
    } finally {
      await nginx.stop();
    }
  },
};

async function measureThrough(
  stage: Stage,
  port: number,
  technique: Technique,
  path: string,
): Promise<Record<string, number | string | undefined>> {
  const { client, server } = stage;
  const target = { ...stage.target(technique, path, 'http', port), timeout: PATIENCE };
  try {
    await client.call('connect', target);
  } catch (error) {
    return { 'arrived (messages)': `not connected: ${(error as Error).message.replace(/^connect: /, '')}` };
  }
  const pushed = await server.call('push', { ...LOAD, techniques: [technique], firstId: 0 });
  await delay(PATIENCE);
  const received = await client.call('takeReceived', 0);
  await client.call('disconnect', undefined);
  const delays = pushesOf(pushed, received).map(({ R }) => R);
  return {
    'arrived (messages)': delays.length,
    'held back (messages)': COUNT - delays.length,
    'R, p50 (ms)': delays.length === 0 ? undefined : median(delays),
  };
}
