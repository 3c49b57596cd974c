import type { Target } from '../processes/client-operations.ts';
import { median } from '../statistics.ts';
import { type Technique, TITLES } from '../technique.ts';
import type { TestBed } from '../test-bed.ts';
import { measurePushes } from './latency.ts';
import type { Scene } from './scene.ts';

const SIZES = [300, 4096];
/** A fixed rate for the latency, and as fast as possible for the CPU time. */
const LOAD = { count: 40, rate: 1000, records: true };
const FLOOD = { count: 300, records: true };

/** What compression saves and costs. */
export const compression: Scene = {
  name: 'compression',
  title: 'Compression',
  text: 'JSON records, with permessage-deflate (RFC 7692) and context takeover, and with an event stream in gzip that is flushed after each event. Bytes are TCP payload. The latency is measured at 1,000 messages per second, the CPU time as fast as possible.',
  chart: { kind: 'bars', columns: ['bytes/message'] },
  async measure(testBed, { table }) {
    const { client, server } = testBed;
    for (const bytes of SIZES) {
      for (const { technique, series, target } of kindsOf(testBed)) {
        await client.call('connect', target);
        await measurePushes(testBed, { ...LOAD, bytes }, [technique]);
        const bytesBefore = await server.call('countBytes', undefined);
        const pushes = await measurePushes(testBed, { ...LOAD, bytes }, [technique]);
        const bytesAfter = await server.call('countBytes', undefined);
        const before = await server.call('cpu', undefined);
        await Promise.all([
          server.call('flood', { ...FLOOD, technique, bytes }),
          client.call('takeReceived', FLOOD.count),
        ]);
        const after = await server.call('cpu', undefined);
        await client.call('disconnect', undefined);
        table.add(`${bytes} B of JSON`, series, {
          'bytes/message': (bytesAfter.written - bytesBefore.written) / LOAD.count,
          'server CPU (µs/message)': ((after - before) * 1000) / FLOOD.count,
          'P + R, p50 (ms)': median(pushes.map(({ P, R }) => P + R)),
        });
      }
    }
  },
};

function kindsOf(testBed: TestBed): { technique: Technique; series: string; target: Target }[] {
  return [
    { technique: 'websocket', series: TITLES.websocket, target: testBed.target('websocket', '/') },
    {
      technique: 'websocket',
      series: 'WebSocket, permessage-deflate',
      target: { ...testBed.target('websocket', '/deflate'), compress: true },
    },
    { technique: 'event-stream', series: TITLES['event-stream'], target: testBed.target('event-stream', '/') },
    { technique: 'event-stream', series: 'event stream, gzip', target: testBed.target('event-stream', '/gzip') },
  ];
}
