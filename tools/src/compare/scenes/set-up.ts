import type { SetUp, SetUpOptions } from '../processes/client-operations.ts';
import { median } from '../statistics.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import type { Stage } from '../test-bed.ts';
import type { Scene } from './scene.ts';

/** Connections of each kind in a round. */
const COUNT = 10;

/** How long it takes until the application may send. */
export const setUp: Scene = {
  name: 'set-up',
  title: 'Connection set-up: C',
  text: 'C is the time from before the first SYN until the application may send: TCP, the TLS handshake, and HTTP, from the request to the head of the response (101 for a WebSocket, 200 for an event stream).',
  chart: { kind: 'stack', columns: ['TCP (ms)', 'TLS (ms)', 'HTTP (ms)'] },
  async measure(stage, { sheet }) {
    for (const { row, series, options } of kindsOf(stage)) {
      const setUps = await stage.client.call('measureSetUp', options);
      // The first one pays for code that has not run before.
      const medianOf = (term: keyof SetUp): number => median(setUps.slice(1).map((one) => one[term]));
      sheet.add(row, series, {
        'TCP (ms)': medianOf('TCP'),
        'TLS (ms)': medianOf('TLS'),
        'HTTP (ms)': medianOf('HTTP'),
        'C (ms)': medianOf('C'),
      });
    }
  },
};

function kindsOf(stage: Stage): { row: string; series: string; options: SetUpOptions }[] {
  const both = TECHNIQUES.flatMap((technique) => {
    const [plain, secure] = [stage.target(technique, '/'), stage.target(technique, '/', 'https')];
    return [
      { row: 'TCP', series: TITLES[technique], options: { ...plain, count: COUNT, again: false } },
      { row: 'TLS 1.3', series: TITLES[technique], options: { ...secure, count: COUNT, again: false } },
      { row: 'TLS 1.3, resumed', series: TITLES[technique], options: { ...secure, count: COUNT, again: true } },
    ];
  });
  const http2 = stage.target('event-stream', '/', 'http2');
  const series = TITLES['event-stream'];
  return [
    ...both.sort((one, other) => one.row.localeCompare(other.row)),
    { row: 'HTTP/2', series, options: { ...http2, count: COUNT, again: false } },
    { row: 'HTTP/2, connected before', series, options: { ...http2, count: COUNT, again: true } },
  ];
}
