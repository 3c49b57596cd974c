import { encodeEvent } from 'pushwire';
import { messageText } from '../message.ts';
import type { ByteCount } from '../processes/server-operations.ts';
import { TECHNIQUES, type Technique, TITLES } from '../technique.ts';
import type { TestBed } from '../test-bed.ts';
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

/** The framing of an event: `data: ` and two line feeds. */
const EVENT_FRAMING = encodeEvent({ data: '' }).length;

/** RFC 6455 §5.2: the size of the header of an unmasked frame. */
function frameHeaderSize(payload: number): number {
  return payload < 126 ? 2 : 4;
}

/** RFC 9112 §7.1: the framing of a chunk is its size in hexadecimal digits, and two line ends. */
function chunkFraming(payload: number): number {
  return (payload + EVENT_FRAMING).toString(16).length + 4;
}

/** The bytes that TCP carries for a connection set-up, and for each message. */
export const bytes: Scene = {
  name: 'bytes',
  title: 'Bytes on the wire',
  text: 'TCP payload per message, counted at the server: the message itself, the framing of the protocol (frame header and masking key, or `data: ` and line feeds), the chunks of HTTP/1.1, the overhead of TLS, and header fields. The set-up of a connection counts both directions. A message is readable in transit if a relay sees its plain text.',
  chart: { kind: 'stack', columns: ['message (B)', 'framing (B)', 'chunks (B)', 'TLS (B)', 'header fields (B)'] },
  rounds: 1,
  async measure(testBed, { table }) {
    const { client } = testBed;
    /** The header fields of the set-up, measured without TLS. */
    const headerFields = new Map<Technique, number>();
    for (const { suffix, transport } of TRANSPORTS) {
      for (const technique of TECHNIQUES) {
        let seen = '';
        const port = await testBed.relay(testBed.ports[transport], {
          delay: 0,
          onDown: (chunk) => {
            seen += chunk.toString('latin1');
          },
        });
        const target = testBed.target(technique, '/', transport, port);
        const opened = await countedBytes(testBed, () => client.call('connect', target));
        const both = opened.read + opened.written;
        if (transport === 'http') headerFields.set(technique, both);
        const fields = headerFields.get(technique)!;
        table.add(`set-up${suffix}`, TITLES[technique], {
          'header fields (B)': fields,
          'TLS (B)': both - fields,
          'total (B)': both,
        });
        for (const { row, bytes: size } of SIZES) {
          const load = { bytes: size, count: COUNT, rate: 1000 };
          seen = '';
          const { written } = await countedBytes(testBed, () => measurePushes(testBed, load, [technique]));
          const total = written / COUNT;
          const chunk = technique === 'websocket' ? 0 : chunkFraming(size);
          const framing = technique === 'websocket' ? frameHeaderSize(size) : EVENT_FRAMING;
          table.add(`${row} to the client${suffix}`, TITLES[technique], {
            'message (B)': size,
            'framing (B)': framing,
            'chunks (B)': chunk,
            'TLS (B)': total - size - framing - chunk,
            'total (B)': total,
            'readable in transit': seen.includes(messageText(COUNT - 1, size)) ? 'yes' : 'no',
          });
        }
        await client.call('disconnect', undefined);
      }
    }
    for (const { row, bytes: size } of SIZES) {
      const options = { count: COUNT, bytes: size, inFlight: 1 };
      const frames = await countedBytes(testBed, async () => {
        await client.call('upload', { ...testBed.target('websocket', '/'), ...options });
      });
      // Subtract the set-up: the same without messages. The answers are not counted.
      await client.call('disconnect', undefined);
      const opening = await countedBytes(testBed, async () => {
        await client.call('upload', { ...testBed.target('websocket', '/'), ...options, count: 0 });
      });
      await client.call('disconnect', undefined);
      const frame = (frames.read - opening.read) / COUNT;
      table.add(`${row} to the server`, TITLES.websocket, {
        'message (B)': size,
        'framing (B)': frame - size,
        'total (B)': frame,
      });
      const posts = await countedBytes(testBed, async () => {
        await client.call('upload', { ...testBed.target('event-stream', '/upload'), ...options });
      });
      const request = (posts.read + posts.written) / COUNT;
      table.add(`${row} to the server`, 'fetch POST and response', {
        'message (B)': size,
        'header fields (B)': request - size,
        'total (B)': request,
      });
    }
  },
};

async function countedBytes({ server }: TestBed, work: () => Promise<unknown>): Promise<ByteCount> {
  const before = await server.call('countBytes', undefined);
  await work();
  const after = await server.call('countBytes', undefined);
  return { read: after.read - before.read, written: after.written - before.written };
}
