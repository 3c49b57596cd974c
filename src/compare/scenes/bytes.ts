import { encodeEvent } from '../../sse/wire/event-encoder.ts';
import { messageText } from '../message.ts';
import type { ByteCount } from '../processes/byte-count.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from '../stage.ts';
import { TECHNIQUES, TITLES } from '../technique.ts';
import { measurePushes } from './latency.ts';

const COUNT = 100;
const SIZES = [
  { row: '16 B', bytes: 16 },
  { row: '1 KiB', bytes: 1024 },
];

/** What goes over the wire for a message. */
export const bytes: Scene = {
  name: 'bytes',
  title: 'Bytes on the wire',
  text: 'Of TCP, counted at the server, a message: what is the message itself, the framing of the protocol (the header and the masking key of a frame; `data: ` and line feeds), the chunks of HTTP/1.1, and header fields. Set-up is what connecting takes, both ways.',
  chart: { kind: 'stack', columns: ['message (B)', 'framing (B)', 'chunks (B)', 'header fields (B)'] },
  rounds: 1,
  async measure(stage, { sheet }) {
    const { client } = stage;
    for (const technique of TECHNIQUES) {
      const opened = await countedBytes(stage, () => client.call('connect', stage.target(technique, '/')));
      const both = opened.read + opened.written;
      sheet.add('set-up', TITLES[technique], { 'header fields (B)': both, 'together (B)': both });
      for (const { row, bytes: size } of SIZES) {
        const load = { bytes: size, count: COUNT, rate: 1000 };
        const { written } = await countedBytes(stage, () => measurePushes(stage, load, [technique]));
        const together = written / COUNT;
        const event = encodeEvent({ data: messageText(0, size) }).length;
        sheet.add(`${row} to the client`, TITLES[technique], {
          'message (B)': size,
          'framing (B)': (technique === 'websocket' ? together : event) - size,
          ...(technique === 'websocket' ? {} : { 'chunks (B)': together - event }),
          'together (B)': together,
        });
      }
      await client.call('disconnect', undefined);
    }
    for (const { row, bytes: size } of SIZES) {
      const options = { count: COUNT, bytes: size, inFlight: 1 };
      const frames = await countedBytes(stage, async () => {
        await client.call('upload', { ...stage.target('websocket', '/'), ...options });
      });
      // What was answered is left out, and the set-up, too: the same without a message.
      await client.call('disconnect', undefined);
      const opening = await countedBytes(stage, async () => {
        await client.call('upload', { ...stage.target('websocket', '/'), ...options, count: 0 });
      });
      await client.call('disconnect', undefined);
      const frame = (frames.read - opening.read) / COUNT;
      sheet.add(`${row} to the server`, TITLES.websocket, {
        'message (B)': size,
        'framing (B)': frame - size,
        'together (B)': frame,
      });
      const posts = await countedBytes(stage, async () => {
        await client.call('upload', { ...stage.target('event-stream', '/upload'), ...options });
      });
      const request = (posts.read + posts.written) / COUNT;
      sheet.add(`${row} to the server`, 'POST by fetch, and its response', {
        'message (B)': size,
        'header fields (B)': request - size,
        'together (B)': request,
      });
    }
  },
};

async function countedBytes({ server }: Stage, work: () => Promise<unknown>): Promise<ByteCount> {
  const before = await server.call('countBytes', undefined);
  await work();
  const after = await server.call('countBytes', undefined);
  return { read: after.read - before.read, written: after.written - before.written };
}
