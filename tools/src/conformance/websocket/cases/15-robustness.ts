import { constants, deflateRawSync } from 'node:zlib';
import { frame } from '../frames.ts';
import { RSV1, SAMPLE_KEY, VERSION } from '../protocol.ts';
import type { Attack, RobustnessCase } from '../robustness-case.ts';
import { binary, close, continuation, ping, pong, text } from './dsl.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** RFC 7692 §7.2.1: the octets that a sender removes from the end of a message. */
const TAIL_LENGTH = 4;

const REQUEST = [
  'GET PATH HTTP/1.1',
  'Host: HOST',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${SAMPLE_KEY}`,
  `Sec-WebSocket-Version: ${VERSION}`,
  '',
  '',
].join('\r\n');

const repeat = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array<Buffer>(count).fill(bytes));

/** A compressed message of this many MiB of zeros: compressed blocks of 1 MiB, because compressing more takes long. */
function deflateBomb(count: number): Buffer {
  const blocks = repeat(count, deflateRawSync(Buffer.alloc(MIB), { finishFlush: constants.Z_SYNC_FLUSH }));
  return frame(binary(blocks.subarray(0, -TAIL_LENGTH), { rsv: RSV1 }));
}

type Row = readonly [title: string, section: string, attack: Partial<Attack> & Pick<Attack, 'send'>];

const rows: readonly Row[] = [
  ['Octets that are not valid frames', '10.7', { send: () => [Buffer.alloc(64 * KIB, 0xff)], connections: 5 }],
  ['An HTTP request after the opening handshake', '10.7', { send: () => [REQUEST], connections: 5 }],
  [
    'The header of a frame of 2^63 - 1 bytes',
    '10.4',
    { send: () => [frame(binary('', { form: 64, length: 2n ** 63n - 1n }))] },
  ],
  [
    'The header of a frame of 4 GiB, on ten connections',
    '10.4',
    { send: () => [frame(binary('', { form: 64, length: 2n ** 32n }))], connections: 10 },
  ],
  [
    'A message of 64 MiB, on three connections',
    '10.4',
    { send: () => [frame(binary(Buffer.alloc(64 * MIB), { mask: [0, 0, 0, 0] }))], connections: 3 },
  ],
  [
    'A message without a last fragment',
    '10.4',
    {
      send: () => [
        frame(text('a', { fin: false })),
        repeat(500, frame(continuation('x'.repeat(60 * KIB), { fin: false }))),
      ],
    },
  ],
  [
    '300,000 empty fragments',
    '10.4',
    { send: () => [frame(text('', { fin: false })), repeat(300_000, frame(continuation('', { fin: false })))] },
  ],
  [
    '100,000 pings from a client that never reads',
    '5.5.2',
    { send: () => [repeat(100_000, frame(ping('p'.repeat(125))))] },
  ],
  ['100,000 pongs', '5.5.3', { send: () => [repeat(100_000, frame(pong('p'.repeat(125))))] }],
  ['500,000 empty messages', '10.4', { send: () => [repeat(500_000, frame(text('')))] }],
  [
    '128 MiB of messages from a client that never reads',
    '10.4',
    { send: () => [repeat(128, frame(binary(Buffer.alloc(MIB), { mask: [0, 0, 0, 0] })))] },
  ],
  ['A Close frame, then 32 MiB of zeros', '5.5.1', { send: () => [frame(close(1000)), Buffer.alloc(32 * MIB)] }],
  ['Unmasked frames', '5.1', { send: () => [repeat(1000, frame(text('a', { mask: false })))], connections: 20 }],
  [
    'Text of 8 MiB that ends with invalid UTF-8',
    '8.1',
    { send: () => [frame(text(Buffer.concat([Buffer.alloc(8 * MIB, 'ü'), Buffer.of(0xff)]), { mask: [0, 0, 0, 0] }))] },
  ],
  [
    '100 connections reset within a frame',
    '7.1.7',
    { send: () => [frame(text('a', { length: 100 }))], connections: 100, cutAfter: 50 },
  ],
  [
    '100 connections reset after the request',
    '4.2',
    { send: () => [REQUEST], opens: false, connections: 100, cutAfter: 0 },
  ],
  ['100 incomplete requests', '4.2.1', { send: () => [REQUEST.slice(0, -2)], opens: false, connections: 100 }],
  [
    'A request with a header of 1 MiB',
    '4.2.1',
    { send: () => [REQUEST.slice(0, -2), `X: ${'x'.repeat(MIB)}`], opens: false },
  ],
  [
    'Octets that are not HTTP',
    '4.2.1',
    { send: () => [Buffer.alloc(KIB, 0x16), '\r\n\r\n\r\n'], opens: false, connections: 20 },
  ],
  [
    'Frames before the opening handshake',
    '4.2',
    { send: () => [repeat(100, frame(text('a')))], opens: false, connections: 5 },
  ],
  [
    'A request directly followed by 16 MiB of frames',
    '4.2',
    { send: () => [REQUEST, repeat(256, frame(binary(Buffer.alloc(64 * KIB), { mask: [0, 0, 0, 0] })))], opens: false },
  ],
  [
    'A second request directly after the first',
    '4.2',
    { send: () => [REQUEST, REQUEST], opens: false, connections: 5 },
  ],
  [
    'An extension offer of 10,000 characters',
    '9.1',
    {
      send: () => [REQUEST.replace('Host', `Sec-WebSocket-Extensions: ${'permessage-deflate, '.repeat(500)}x\r\nHost`)],
      opens: false,
    },
  ],
];

const compressed: readonly Row[] = [
  ['A message that inflates to 256 MiB', '10.4', { send: () => [deflateBomb(256)], deflate: true }],
  ['Twenty messages that inflate to 16 MiB', '10.4', { send: () => [repeat(20, deflateBomb(16))], deflate: true }],
  [
    'Messages that are not valid DEFLATE data',
    '10.7',
    { send: () => [repeat(100, frame(binary(Buffer.alloc(KIB, 0xff), { rsv: RSV1 })))], deflate: true, connections: 5 },
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

/** 15: one hostile client does not affect the others, RFC 6455 §10.4 and §10.7. For servers only. */
export const robustness: readonly RobustnessCase[] = [...casesOf('15.1', rows), ...casesOf('15.2', compressed)];
