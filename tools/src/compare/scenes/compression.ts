import type { Target } from '../processes/client-operations.ts';
import { median } from '../statistics.ts';
import { type Technique, TITLES } from '../technique.ts';
import type { Stage } from '../test-bed.ts';
import { measurePushes } from './latency.ts';
import type { Scene } from './scene.ts';

const SIZES = [300, 4096];
/** At a rate, for the latency; and as fast as it goes, for the CPU time. */
const LOAD = { count: 40, rate: 1000, records: true };
const FLOOD = { count: 300, records: true };

/** What compression saves, and what it costs. */
export const compression: Scene = {
  name: 'compression',
  title: 'Compression',
  text: 'Records in JSON: permessage-deflate (RFC 7692) with context takeover, and an event stream in Content-Encoding gzip that is flushed after each event. Bytes are those of TCP; latency at 1000 messages a second, CPU time of the server as fast as it goes.',
  chart: { kind: 'bars', columns: ['bytes/message'] },
  async measure(stage, { sheet }) {
    const { client, server } = stage;
    for (const bytes of SIZES) {
      for (const { technique, series, target } of kindsOf(stage)) {
        await client.call('connect', target);
        await measurePushes(stage, { ...LOAD, bytes }, [technique]);
        const bytesBefore = await server.call('countBytes', undefined);
        const pushes = await measurePushes(stage, { ...LOAD, bytes }, [technique]);
        const bytesAfter = await server.call('countBytes', undefined);
        const before = await server.call('cpu', undefined);
        await Promise.all([
          server.call('flood', { ...FLOOD, technique, bytes }),
          client.call('takeReceived', FLOOD.count),
        ]);
        const after = await server.call('cpu', undefined);
        await client.call('disconnect', undefined);
        sheet.add(`${bytes} B of JSON`, series, {
          'bytes/message': (bytesAfter.written - bytesBefore.written) / LOAD.count,
          'CPU of the server (µs/message)': ((after - before) * 1000) / FLOOD.count,
          'P + R, p50 (ms)': median(pushes.map(({ P, R }) => P + R)),
        });
      }
    }
  },
};

function kindsOf(stage: Stage): { technique: Technique; series: string; target: Target }[] {
  return [
    { technique: 'websocket', series: TITLES.websocket, target: stage.target('websocket', '/') },
    {
      technique: 'websocket',
      series: 'WebSocket, permessage-deflate',
      target: { ...stage.target('websocket', '/deflate'), compress: true },
    },
    { technique: 'event-stream', series: TITLES['event-stream'], target: stage.target('event-stream', '/') },
    { technique: 'event-stream', series: 'event stream, gzip', target: stage.target('event-stream', '/gzip') },
  ];
}
