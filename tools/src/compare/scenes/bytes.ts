import { encodeEvent } from 'pushwire';
import { messageText } from '../message.ts';
import type { ByteCount } from '../processes/server-operations.ts';
import { TECHNIQUES, type Technique, TITLES } from '../technique.ts';
import type { Stage } from '../test-bed.ts';
import { measurePushes } from './latency.ts';
import type { Scene } from './scene.ts';

const COUNT = 100;
const SIZES = [
  { row: '16 B', bytes: 16 },
  { row: '1 KiB', bytes: 1024 },
];

const TRANSPORTS = [
  { suffix: '', transport: 'http' },
  { suffix: ', TLS', transport: 'https' },
] as const;

/** `data: ` and two line feeds. */
const EVENT = encodeEvent({ data: '' }).length;

/** The header of a frame that is not masked, RFC 6455 §5.2. */
function frameSize(payload: number): number {
  return payload < 126 ? 2 : 4;
}

/** The size in hexadecimal digits and two line ends, RFC 9112 §7.1. */
function chunkSize(payload: number): number {
  return (payload + EVENT).toString(16).length + 4;
}

/** What goes over the wire for a message. */
export const bytes: Scene = {
  name: 'bytes',
  title: 'Bytes on the wire',
  text: 'Of TCP, counted at the server, a message: what is the message itself, the framing of the protocol (the header and the masking key of a frame; `data: ` and line feeds), the chunks of HTTP/1.1, what TLS adds, and header fields. Set-up is what connecting takes, both ways. Readable is what a relay in between finds as it was sent.',
  chart: { kind: 'stack', columns: ['message (B)', 'framing (B)', 'chunks (B)', 'TLS (B)', 'header fields (B)'] },
  rounds: 1,
  async measure(stage, { sheet }) {
    const { client } = stage;
    /** Of the set-up, which TLS does not change. */
    const headerFields = new Map<Technique, number>();
    for (const { suffix, transport } of TRANSPORTS) {
      for (const technique of TECHNIQUES) {
        let seen = '';
        const port = await stage.relay(stage.ports[transport], {
          delay: 0,
          onDown: (chunk) => {
            seen += chunk.toString('latin1');
          },
        });
        const target = stage.target(technique, '/', transport, port);
        const opened = await countedBytes(stage, () => client.call('connect', target));
        const both = opened.read + opened.written;
        if (transport === 'http') headerFields.set(technique, both);
        const fields = headerFields.get(technique)!;
        sheet.add(`set-up${suffix}`, TITLES[technique], {
          'header fields (B)': fields,
          'TLS (B)': both - fields,
          'together (B)': both,
        });
        for (const { row, bytes: size } of SIZES) {
          const load = { bytes: size, count: COUNT, rate: 1000 };
          seen = '';
          const { written } = await countedBytes(stage, () => measurePushes(stage, load, [technique]));
          const together = written / COUNT;
          const chunk = technique === 'websocket' ? 0 : chunkSize(size);
          const framing = technique === 'websocket' ? frameSize(size) : EVENT;
          sheet.add(`${row} to the client${suffix}`, TITLES[technique], {
            'message (B)': size,
            'framing (B)': framing,
            'chunks (B)': chunk,
            'TLS (B)': together - size - framing - chunk,
            'together (B)': together,
            'readable on the way': seen.includes(messageText(COUNT - 1, size)) ? 'yes' : 'no',
          });
        }
        await client.call('disconnect', undefined);
      }
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
