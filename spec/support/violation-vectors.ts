import { deflateRawSync } from 'node:zlib';
import type { ConnectionOptions } from '../../src/websocket/wire/connection-sink.ts';
import type { Violation } from '../../src/websocket/wire/violation.ts';
import { closePayload, frame } from './frames.ts';

/** Bytes that violate a rule, and the row of the table of violations that must result. */
export interface ViolationVector {
  readonly row: keyof typeof Violation;
  readonly title: string;
  readonly bytes: Buffer;
  /** The role of the receiver. Default: server. */
  readonly role?: 'server' | 'client';
  readonly options?: Partial<ConnectionOptions>;
  /** Whether permessage-deflate was negotiated. Default: false. */
  readonly deflate?: boolean;
  /** For a limit: the reported values. */
  readonly limit?: readonly [limit: number, actual: number];
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

export const VIOLATION_VECTORS: readonly ViolationVector[] = [
  { row: 'UNEXPECTED_RSV_1', title: 'text with RSV1', bytes: frame({ rsv: 4, opcode: TEXT, payload: 'a' }) },
  {
    row: 'UNEXPECTED_RSV_2_3',
    title: 'text with all three bits',
    bytes: frame({ rsv: 7, opcode: TEXT, payload: 'a' }),
  },
  { row: 'UNEXPECTED_RSV_1', title: 'a ping with RSV1', bytes: frame({ rsv: 4, opcode: PING }) },
  { row: 'UNEXPECTED_RSV_2_3', title: 'binary with RSV2', bytes: frame({ rsv: 2, opcode: BINARY, payload: 'a' }) },
  { row: 'UNEXPECTED_RSV_2_3', title: 'a Close frame with RSV3', bytes: frame({ rsv: 1, opcode: CLOSE }) },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): ViolationVector => {
    return { row: 'INVALID_OPCODE', title: `opcode ${opcode}`, bytes: frame({ opcode, payload: 'a' }) };
  }),
  { row: 'UNEXPECTED_CONTINUATION', title: 'a lone last fragment', bytes: frame({ opcode: 0, payload: 'a' }) },
  { row: 'UNEXPECTED_CONTINUATION', title: 'a lone fragment', bytes: frame({ fin: false, opcode: 0 }) },
  {
    row: 'EXPECTED_CONTINUATION',
    title: 'text within text',
    bytes: Buffer.concat([frame({ fin: false, opcode: TEXT, payload: 'a' }), frame({ opcode: TEXT, payload: 'b' })]),
  },
  { row: 'EXPECTED_MASK', title: 'an unmasked frame from a client', bytes: frame({ opcode: TEXT, mask: false }) },
  {
    row: 'UNEXPECTED_MASK',
    title: 'a masked frame from a server',
    bytes: frame({ opcode: TEXT, payload: 'a' }),
    role: 'client',
  },
  { row: 'EXPECTED_FIN', title: 'a fragmented ping', bytes: frame({ fin: false, opcode: PING, payload: 'a' }) },
  { row: 'EXPECTED_FIN', title: 'a fragmented pong', bytes: frame({ fin: false, opcode: PONG }) },
  { row: 'EXPECTED_FIN', title: 'a fragmented Close frame', bytes: frame({ fin: false, opcode: CLOSE }) },
  {
    row: 'CONTROL_PAYLOAD_TOO_LONG',
    title: 'a ping of 126 bytes',
    bytes: frame({ opcode: PING, payload: 'a'.repeat(126) }),
  },
  {
    row: 'CONTROL_PAYLOAD_TOO_LONG',
    title: 'a Close frame of 65,536 bytes',
    bytes: frame({ opcode: CLOSE, length: 65536 }),
  },
  { row: 'CLOSE_PAYLOAD_TOO_SHORT', title: 'a Close frame of one byte', bytes: frame({ opcode: CLOSE, payload: 'a' }) },
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code): ViolationVector => {
    const bytes = frame({ opcode: CLOSE, payload: closePayload(code) });
    return { row: 'INVALID_CLOSE_CODE', title: `close code ${code}`, bytes };
  }),
  {
    row: 'LENGTH_NOT_MINIMAL',
    title: '125 in 16 bits',
    bytes: frame({ opcode: TEXT, payload: 'a'.repeat(125), form: 16 }),
  },
  { row: 'LENGTH_NOT_MINIMAL', title: '0 in 16 bits', bytes: frame({ opcode: BINARY, form: 16 }) },
  { row: 'LENGTH_NOT_MINIMAL', title: '65,535 in 64 bits', bytes: frame({ opcode: TEXT, length: 65535, form: 64 }) },
  { row: 'LENGTH_TOP_BIT', title: 'a length of 2^63', bytes: frame({ opcode: BINARY, length: 2n ** 63n, form: 64 }) },
  {
    row: 'LENGTH_TOP_BIT',
    title: 'a length of 2^64 - 1',
    bytes: frame({ opcode: BINARY, length: 2n ** 64n - 1n, form: 64 }),
  },
  { row: 'LENGTH_UNSAFE', title: 'a length of 2^53', bytes: frame({ opcode: BINARY, length: 2n ** 53n, form: 64 }) },
  { row: 'INVALID_UTF8', title: 'text of FF', bytes: frame({ opcode: TEXT, payload: hex('ff') }) },
  {
    row: 'INVALID_UTF8',
    title: 'text that ends within a code point',
    bytes: frame({ opcode: TEXT, payload: hex('e282') }),
  },
  {
    row: 'INVALID_UTF8',
    title: 'an invalid byte in the second fragment',
    bytes: Buffer.concat([
      frame({ fin: false, opcode: TEXT, payload: hex('cebae1bdb9cf83cebcceb5') }),
      frame({ fin: false, opcode: 0, payload: hex('eda080') }),
    ]),
  },
  {
    row: 'INVALID_UTF8_REASON',
    title: 'a Close frame with a reason that is not UTF-8',
    bytes: frame({ opcode: CLOSE, payload: closePayload(1000, hex('cebaeda080')) }),
  },
  {
    row: 'INVALID_UTF8_REASON',
    title: 'a Close frame with a reason cut within a code point',
    bytes: frame({ opcode: CLOSE, payload: closePayload(1000, hex('e282')) }),
  },
  {
    row: 'MESSAGE_TOO_LONG',
    title: 'a frame that announces more than maxPayload',
    bytes: frame({ opcode: BINARY, length: 101 }),
    options: { maxPayload: 100 },
    limit: [100, 101],
  },
  {
    row: 'MESSAGE_TOO_LONG',
    title: 'fragments that add up to more than maxPayload',
    bytes: Buffer.concat([
      frame({ fin: false, opcode: BINARY, payload: 'a'.repeat(60) }),
      frame({ opcode: 0, payload: 'a'.repeat(60) }),
    ]),
    options: { maxPayload: 100 },
    limit: [100, 120],
  },
  {
    row: 'TOO_MANY_FRAGMENTS',
    title: 'an endless sequence of empty fragments',
    bytes: Buffer.concat([
      frame({ fin: false, opcode: TEXT }),
      frame({ fin: false, opcode: 0 }),
      frame({ fin: false, opcode: 0 }),
      frame({ fin: false, opcode: 0 }),
    ]),
    options: { maxFragments: 3 },
    limit: [3, 4],
  },
  { row: 'UNEXPECTED_RSV_1', title: 'a compressed continuation', bytes: compressedContinuation(), deflate: true },
  { row: 'UNEXPECTED_RSV_1', title: 'a compressed ping', bytes: frame({ rsv: 4, opcode: PING }), deflate: true },
  {
    row: 'UNEXPECTED_RSV_2_3',
    title: 'RSV2 on a compressed message',
    bytes: frame({ rsv: 6, opcode: TEXT }),
    deflate: true,
  },
  {
    row: 'INVALID_DEFLATE',
    title: 'a compressed message that is not DEFLATE data',
    bytes: frame({ rsv: 4, opcode: TEXT, payload: hex('ffffffff') }),
    deflate: true,
  },
  {
    row: 'INVALID_DEFLATE',
    title: 'a reference to data before the first message',
    bytes: frame({ rsv: 4, opcode: TEXT, payload: hex('f200110000') }),
    deflate: true,
  },
  {
    row: 'TOO_MANY_FINAL_BLOCKS',
    title: 'an endless sequence of blocks with BFINAL',
    bytes: frame({ rsv: 4, opcode: TEXT, payload: Buffer.alloc(400, hex('0300')) }),
    deflate: true,
  },
  {
    row: 'INVALID_UTF8',
    title: 'compressed text that is not UTF-8',
    bytes: frame({ rsv: 4, opcode: TEXT, payload: deflateRawSync(Buffer.of(0xff)) }),
    deflate: true,
  },
  {
    row: 'MESSAGE_TOO_LONG',
    title: 'a compressed message that exceeds maxPayload when it is inflated',
    bytes: frame({ rsv: 4, opcode: BINARY, payload: deflateRawSync(Buffer.alloc(101)) }),
    options: { maxPayload: 100 },
    deflate: true,
    limit: [100, 101],
  },
];

function compressedContinuation(): Buffer {
  return Buffer.concat([frame({ fin: false, rsv: 4, opcode: TEXT }), frame({ rsv: 4, opcode: 0 })]);
}
