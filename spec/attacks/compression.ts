import { deflateRawSync } from 'node:zlib';
import { deflateBomb } from '../support/bomb.ts';
import { closePayload, frame } from '../support/frames.ts';
import { upgradeRequest } from '../support/raw-peer.ts';
import type { ServerAttack } from './attack.ts';

const fails = (code: number): { readonly bytes: Buffer } => ({
  bytes: frame({ opcode: 8, payload: closePayload(code), mask: false }),
});
const compressed = (payload: Buffer | string, opcode = 2): Buffer => frame({ rsv: 4, opcode, payload });
const offer = (parameters: string) => () => [
  upgradeRequest({ 'Sec-WebSocket-Extensions': `permessage-deflate${parameters}` }),
];
const declined: readonly RegExp[] = [/^(?![\s\S]*Sec-WebSocket-Extensions)/i];

const BOMB = deflateBomb(1024);

const ROWS: readonly ServerAttack[] = [
  {
    title: 'a decompression bomb: 1 GiB in a frame of 1 MB',
    section: 'RFC 6455 §10.4',
    send: () => [compressed(BOMB)],
    answer: fails(1009),
    bound: 32 * 1024 * 1024,
    ofWs: false,
  },
  {
    title: 'ten decompression bombs at once',
    section: 'RFC 6455 §10.4',
    times: 10,
    send: () => [compressed(BOMB)],
    answer: 'the end',
    bound: 256 * 1024 * 1024,
    ofWs: false,
  },
  {
    title: 'a small decompression bomb: 10 MiB in 10 KB',
    section: 'RFC 6455 §10.4',
    options: { maxPayload: 1024 * 1024 },
    send: () => [compressed(deflateRawSync(Buffer.alloc(10 * 1024 * 1024)))],
    answer: fails(1009),
  },
  {
    title: 'a message that is not DEFLATE data',
    section: 'RFC 7692 §7.2.2',
    send: () => [compressed(Buffer.alloc(1000, 0xff))],
    answer: fails(1007),
  },
  {
    title: 'a reference to data before the first message',
    section: 'RFC 7692 §7.2.3.2',
    send: () => [compressed(Buffer.from('f200110000', 'hex'))],
    answer: fails(1007),
  },
  {
    title: 'text that is not UTF-8',
    section: 'RFC 6455 §8.1',
    send: () => [compressed(deflateRawSync(Buffer.of(0xff)), 1)],
    answer: fails(1007),
  },
  {
    title: '500,000 blocks with BFINAL',
    section: 'RFC 7692 §7.2.3.4',
    send: () => [compressed(Buffer.alloc(1_000_000, Buffer.from('0300', 'hex')))],
    answer: fails(1008),
    ofWs: false,
  },
  {
    title: 'RSV1 on a continuation frame',
    section: 'RFC 7692 §6.1',
    send: () => [frame({ fin: false, opcode: 1 }), frame({ rsv: 4, opcode: 0 })],
    answer: fails(1002),
  },
  {
    title: 'RSV1 on a ping',
    section: 'RFC 7692 §6.1',
    send: () => [frame({ rsv: 4, opcode: 9 })],
    answer: fails(1002),
  },
  { title: 'RSV1 and RSV2', section: 'RFC 6455 §5.2', send: () => [frame({ rsv: 6, opcode: 1 })], answer: fails(1002) },
  {
    title: 'a compressed message that stops after its first fragment',
    section: 'RFC 6455 §10.4',
    options: { messageTimeout: 100 },
    send: () => [frame({ fin: false, rsv: 4, opcode: 1, payload: 'x' })],
    answer: fails(1008),
    ofWs: false,
  },
  ...[
    '; server_max_window_bits=7',
    '; server_max_window_bits=16',
    '; client_max_window_bits=7',
    '; server_no_context_takeover=1',
    '; unknown',
    '; client_max_window_bits; client_max_window_bits',
  ].map(
    (parameters): ServerAttack => ({
      title: `the offer "permessage-deflate${parameters}"`,
      section: 'RFC 7692 §7.1',
      open: false,
      send: offer(parameters),
      answer: { status: 101, lines: declined },
      ofWs: false,
    }),
  ),
];

export const COMPRESSION_ATTACKS: readonly ServerAttack[] = ROWS.map((attack) => ({
  open: 'permessage-deflate',
  ...attack,
  options: { perMessageDeflate: true, ...attack.options },
}));
