import type { SetUp, SetUpOptions } from '../processes/client-operations.ts';
import { median } from '../statistics.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import type { TestBed } from '../test-bed.ts';
import type { Scene } from './scene.ts';

/** The number of connections of each kind per round. */
const COUNT = 10;

/** The time until the application can send. */
export const setUp: Scene = {
  name: 'set-up',
  title: 'Connection set-up: C',
  text: 'C is the time from the first SYN until the application can send. It consists of the TCP handshake, the TLS handshake, and HTTP: from the request to the head of the response (101 for a WebSocket, 200 for an event stream).',
  chart: { kind: 'stack', columns: ['TCP (ms)', 'TLS (ms)', 'HTTP (ms)'] },
  async measure(testBed, { table }) {
    for (const { row, series, options } of kindsOf(testBed)) {
      const setUps = await testBed.client.call('measureSetUp', options);
      // Skip the first connection: its code was not compiled yet.
      const medianOf = (term: keyof SetUp): number => median(setUps.slice(1).map((one) => one[term]));
      table.add(row, series, {
        'TCP (ms)': medianOf('TCP'),
        'TLS (ms)': medianOf('TLS'),
        'HTTP (ms)': medianOf('HTTP'),
        'C (ms)': medianOf('C'),
      });
    }
  },
};

function kindsOf(testBed: TestBed): { row: string; series: string; options: SetUpOptions }[] {
  const both = TECHNIQUES.flatMap((technique) => {
    const [plain, secure] = [testBed.target(technique, '/'), testBed.target(technique, '/', 'https')];
    return [
      { row: 'TCP', series: TITLES[technique], options: { ...plain, count: COUNT, again: false } },
      { row: 'TLS 1.3', series: TITLES[technique], options: { ...secure, count: COUNT, again: false } },
      { row: 'TLS 1.3, resumed', series: TITLES[technique], options: { ...secure, count: COUNT, again: true } },
    ];
  });
  const http2 = testBed.target('event-stream', '/', 'http2');
  const series = TITLES['event-stream'];
  return [
    ...both.sort((one, other) => one.row.localeCompare(other.row)),
    { row: 'HTTP/2', series, options: { ...http2, count: COUNT, again: false } },
    { row: 'HTTP/2, open connection', series, options: { ...http2, count: COUNT, again: true } },
  ];
}
