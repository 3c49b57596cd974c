import { setTimeout as delay } from 'node:timers/promises';
import { findNginx } from '../installed-programs.ts';
import { NGINX_PATHS, Nginx } from '../network/nginx.ts';
import { median } from '../statistics.ts';
import type { Technique } from '../technique.ts';
import type { TestBed } from '../test-bed.ts';
import { pushesOf } from './latency.ts';
import type { Scene } from './scene.ts';

const COUNT = 10;
const LOAD = { bytes: 64, count: COUNT, rate: 100 };
/** How long to wait after the last message, in milliseconds. What arrives later counts as held back. */
const RESPONSE_TIMEOUT = 200;

const UNMARKED = 'event stream without X-Accel-Buffering';

const KINDS = [
  { series: 'WebSocket', technique: 'websocket', path: '/' },
  { series: 'event stream', technique: 'event-stream', path: '/' },
  { series: UNMARKED, technique: 'event-stream', path: '/unmarked' },
] as const;

const CONFIGURATIONS = [
  { row: 'nginx, default', prefix: NGINX_PATHS.defaults },
  { row: 'nginx, proxy_buffering off', prefix: NGINX_PATHS.unbuffered },
  { row: 'nginx, Upgrade forwarded', prefix: NGINX_PATHS.upgrading },
];

/** What a proxy changes. */
export const proxy: Scene = {
  name: 'proxy',
  title: 'Through a proxy',
  text: `${COUNT} messages of ${LOAD.bytes} B at 100 per second through nginx: with only proxy_pass, with proxy_buffering off, and with forwarded header fields of the upgrade. EventStream sends \`X-Accel-Buffering: no\` by default; without it, nginx buffers the stream. A message that has not arrived ${RESPONSE_TIMEOUT} ms after the last one was sent counts as held back.`,
  chart: { kind: 'bars', columns: ['R, p50 (ms)'] },
  isMostlyIdle: true,
  async measure(testBed, { table }) {
    const program = findNginx();
    if (program === null) {
      table.add('nginx', 'not measured', { 'arrived (messages)': 'nginx is not installed' });
      return;
    }
    const nginx = await Nginx.start(program, testBed.ports.http);
    try {
      for (const { row, prefix } of CONFIGURATIONS) {
        for (const { series, technique, path } of KINDS) {
          table.add(row, series, await measureThrough(testBed, nginx.port, technique, prefix + path));
        }
      }
    } finally {
      await nginx.stop();
    }
  },
};

async function measureThrough(
  testBed: TestBed,
  port: number,
  technique: Technique,
  path: string,
): Promise<Record<string, number | string | undefined>> {
  const { client, server } = testBed;
  const target = { ...testBed.target(technique, path, 'http', port), timeout: RESPONSE_TIMEOUT };
  try {
    await client.call('connect', target);
  } catch (error) {
    return { 'arrived (messages)': `not connected: ${(error as Error).message.replace(/^connect: /, '')}` };
  }
  const pushed = await server.call('push', { ...LOAD, techniques: [technique], firstId: 0 });
  await delay(RESPONSE_TIMEOUT);
  const received = await client.call('takeReceived', 0);
  await client.call('disconnect', undefined);
  const delays = pushesOf(pushed, received).map(({ R }) => R);
  return {
    'arrived (messages)': delays.length,
    'held back (messages)': COUNT - delays.length,
    'R, p50 (ms)': delays.length === 0 ? undefined : median(delays),
  };
}
