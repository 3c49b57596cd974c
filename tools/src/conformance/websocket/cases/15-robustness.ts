import { deflateRawSync } from 'node:zlib';
import { frame } from '../frames.ts';
import type { Attack, RobustnessCase } from '../robustness-case.ts';
import { binary, close, continuation, ping, pong, text } from './dsl.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** RFC 7692 §7.2.1: the octets that a sender takes off the end. */
const TAIL = 4;

const REQUEST = [
  'GET PATH HTTP/1.1',
  'Host: HOST',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '',
  '',
].join('\r\n');

const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array<Buffer>(count).fill(bytes));

/** A message of so many zeros, compressed. */
function bomb(length: number): Buffer {
  const compressed = deflateRawSync(Buffer.alloc(length), { finishFlush: 2 });
  return frame(binary(compressed.subarray(0, -TAIL), { rsv: 4 }));
}

type Row = readonly [title: string, section: string, attack: Partial<Attack> & Pick<Attack, 'send'>];

const rows: readonly Row[] = [
  ['Octets that are no frames', '10.7', { send: () => [Buffer.alloc(64 * KIB, 0xff)], connections: 5 }],
  ['HTTP behind the opening handshake', '10.7', { send: () => [REQUEST], connections: 5 }],
  [
    'A frame of 2^63 - 1 bytes, announced',
    '10.4',
    { send: () => [frame(binary('', { form: 64, length: 2n ** 63n - 1n }))] },
  ],
  [
    'A frame of 4 GiB, announced by ten',
    '10.4',
    { send: () => [frame(binary('', { form: 64, length: 2n ** 32n }))], connections: 10 },
  ],
  [
    'A message of 64 MiB, from three',
    '10.4',
    { send: () => [frame(binary(Buffer.alloc(64 * MIB), { mask: [0, 0, 0, 0] }))], connections: 3 },
  ],
  [
    'A message that never ends',
    '10.4',
    {
      send: () => [
        frame(text('a', { fin: false })),
        times(500, frame(continuation('x'.repeat(60 * KIB), { fin: false }))),
      ],
    },
  ],
  [
    '300,000 fragments without a payload',
    '10.4',
    { send: () => [frame(text('', { fin: false })), times(300_000, frame(continuation('', { fin: false })))] },
  ],
  ['100,000 pings, whose pongs nobody reads', '5.5.2', { send: () => [times(100_000, frame(ping('p'.repeat(125))))] }],
  ['100,000 pongs', '5.5.3', { send: () => [times(100_000, frame(pong('p'.repeat(125))))] }],
  ['500,000 empty messages', '10.4', { send: () => [times(500_000, frame(text('')))] }],
  [
    'Echoes of 128 MiB that nobody reads',
    '10.4',
    { send: () => [times(128, frame(binary(Buffer.alloc(MIB), { mask: [0, 0, 0, 0] })))] },
  ],
  ['A Close frame, and 32 MiB behind it', '5.5.1', { send: () => [frame(close(1000)), Buffer.alloc(32 * MIB)] }],
  ['Frames without a mask', '5.1', { send: () => [times(1000, frame(text('a', { mask: false })))], connections: 20 }],
  [
    'Text of 8 MiB that ends in no UTF-8',
    '8.1',
    { send: () => [frame(text(Buffer.concat([Buffer.alloc(8 * MIB, 'ü'), Buffer.of(0xff)]), { mask: [0, 0, 0, 0] }))] },
  ],
  [
    '100 connections that are reset within a frame',
    '7.1.7',
    { send: () => [frame(text('a', { length: 100 }))], connections: 100, cutAfter: 50 },
  ],
  [
    '100 connections that are reset behind the request',
    '4.2',
    { send: () => [REQUEST], opens: false, connections: 100, cutAfter: 0 },
  ],
  ['100 requests without an end', '4.2.1', { send: () => [REQUEST.slice(0, -2)], opens: false, connections: 100 }],
  [
    'A request with a MiB of header',
    '4.2.1',
    { send: () => [REQUEST.slice(0, -2), `X: ${'x'.repeat(MIB)}`], opens: false },
  ],
  [
    'What is no HTTP',
    '4.2.1',
    { send: () => [Buffer.alloc(KIB, 0x16), '\r\n\r\n\r\n'], opens: false, connections: 20 },
  ],
  [
    'Frames before the opening handshake',
    '4.2',
    { send: () => [times(100, frame(text('a')))], opens: false, connections: 5 },
  ],
  [
    'A request, and 16 MiB of frames at once',
    '4.2',
    { send: () => [REQUEST, times(256, frame(binary(Buffer.alloc(64 * KIB), { mask: [0, 0, 0, 0] })))], opens: false },
  ],
  ['A second request behind the first', '4.2', { send: () => [REQUEST, REQUEST], opens: false, connections: 5 }],
  [
    'An offer of extensions that is 10,000 long',
    '9.1',
    {
      send: () => [REQUEST.replace('Host', `Sec-WebSocket-Extensions: ${'permessage-deflate, '.repeat(500)}x\r\nHost`)],
      opens: false,
    },
  ],
];

const compressed: readonly Row[] = [
  ['A message that inflates to 256 MiB', '10.4', { send: () => [bomb(256 * MIB)], deflate: true }],
  ['Twenty messages that inflate to 16 MiB', '10.4', { send: () => [times(20, bomb(16 * MIB))], deflate: true }],
  [
    'What is no DEFLATE',
    '10.7',
    { send: () => [times(100, frame(binary(Buffer.alloc(KIB, 0xff), { rsv: 4 })))], deflate: true, connections: 5 },
  ],
];

function casesOf(group: string, attacks: readonly Row[]): RobustnessCase[] {
  return attacks.map(([title, section, attack], index) => ({
    id: `${group}.${index + 1}`,
    title,
    section: `RFC 6455 §${section}`,
    attack: { connections: 1, opens: true, ...attack },
  }));
}

/** 15: what one peer does, others do not feel: RFC 6455 §10.4 and §10.7. Of servers only. */
export const robustness: readonly RobustnessCase[] = [...casesOf('15.1', rows), ...casesOf('15.2', compressed)];
