import type { ConformanceCase, Step } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { CloseCode, RSV1 } from '../protocol.ts';
import { about, SENTENCES, type Sentence } from '../sentences.ts';
import { binary, close, continuation, echoOf, expectFailure, expectReplies, ping, pongOf, text } from './dsl.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const compressed = { rsv: RSV1 };
/** "Hello" in one block, RFC 7692 §7.2.3.1. */
const HELLO = hex('f2 48 cd c9 c9 07 00');
const ECHO = echoOf('text', 'Hello');

type Valid = readonly [title: string, frames: readonly FrameDescription[], count?: number];

/** 18.7: forms that a compressor may choose, most of them from the examples of RFC 7692 §7.2.3. */
const valid: readonly Valid[] = [
  ['A compressed message in one block', [text(HELLO, compressed)]],
  ['An empty compressed message', [text(hex('00'), compressed)], 0],
  ['A compressed message in a block without compression', [text(hex('00 05 00 fa ff 48 65 6c 6c 6f 00'), compressed)]],
  ['A compressed message in a block with BFINAL', [text(hex('f3 48 cd c9 c9 07 00 00'), compressed)]],
  ['A compressed message in two blocks', [text(hex('f2 48 05 00 00 00 ff ff ca c9 c9 07 00'), compressed)]],
  [
    'A compressed message in two fragments, with a ping between',
    [text(HELLO.subarray(0, 3), { ...compressed, fin: false }), ping('between'), continuation(HELLO.subarray(3))],
  ],
  [
    'A compressed message in fragments, of which the first, a middle one and the last are empty',
    [
      text('', { ...compressed, fin: false }),
      continuation(HELLO.subarray(0, 3), { fin: false }),
      continuation('', { fin: false }),
      continuation(HELLO.subarray(3), { fin: false }),
      continuation(''),
    ],
  ],
  ['Messages with and without compression', [text('Hello'), text(HELLO, compressed), text('Hello')], 3],
  [
    'Messages in fragments, with and without compression',
    [
      text('Hel', { fin: false }),
      continuation('lo'),
      text(HELLO.subarray(0, 2), { ...compressed, fin: false }),
      continuation(HELLO.subarray(2)),
    ],
    2,
  ],
];

const INVALID_TEXT = hex('00 03 00 fc ff 61 ff 62 00');
const NO_DATA = [CloseCode.PROTOCOL_ERROR, CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_DATA];

type Fault = readonly [
  title: string,
  sentence: Sentence,
  frames: readonly FrameDescription[],
  codes?: readonly number[],
];

/** 18.8: faults on a connection with permessage-deflate. */
const faults: readonly Fault[] = [
  ['A ping with RSV1', SENTENCES.controlCompression, [ping('Hello', compressed)]],
  ['A Close frame with RSV1', SENTENCES.controlCompression, [{ ...close(CloseCode.NORMAL), ...compressed }]],
  [
    'A compressed message whose second fragment has RSV1, too',
    SENTENCES.firstFragment,
    [text(HELLO.subarray(0, 3), { ...compressed, fin: false }), continuation(HELLO.subarray(3), compressed)],
  ],
  [
    'A message whose second fragment has RSV1, but not the first',
    SENTENCES.firstFragment,
    [text('Hel', { fin: false }), continuation('lo', compressed)],
  ],
  ['A compressed message with RSV2', SENTENCES.reservedBits, [text(HELLO, { rsv: RSV1 | 2 })]],
  ['A message with RSV3', SENTENCES.reservedBits, [text('Hello', { rsv: 1 })]],
  ['Opcode 3 with RSV1', SENTENCES.opcode, [{ opcode: 3, payload: HELLO, ...compressed }]],
  ['Compressed text that is not UTF-8', SENTENCES.utf8, [text(INVALID_TEXT, compressed)], [CloseCode.INVALID_DATA]],
  [
    'Compressed text that is not UTF-8, in two fragments',
    SENTENCES.utf8,
    [text(INVALID_TEXT.subarray(0, 4), { ...compressed, fin: false }), continuation(INVALID_TEXT.subarray(4))],
    [CloseCode.INVALID_DATA],
  ],
  ['A block of a type that DEFLATE reserves', SENTENCES.compression, [binary(hex('06'), compressed)], NO_DATA],
  [
    'A reference to octets before the first message',
    SENTENCES.compression,
    [binary(hex('f2 00 11 00 00'), compressed)],
    NO_DATA,
  ],
];

const shared = { deflate: [{ noContextTakeover: false }] };
const inOneWrite = (send: readonly FrameDescription[]): Step[] => [{ send }];

/** 18.7 and 18.8: single frames with permessage-deflate. */
export const compressedMessages: readonly ConformanceCase[] = [
  ...valid.map(([title, frames, count = 1], index): ConformanceCase => {
    const pongs = frames.flatMap(({ opcode, payload = '' }) => (opcode === ping().opcode ? [pongOf(payload)] : []));
    const echoes = count === 0 ? [echoOf('text', '')] : Array.from({ length: count }, () => ECHO);
    return {
      id: `18.7.${index + 1}`,
      title,
      ...about(SENTENCES.compression),
      ...shared,
      steps: inOneWrite(frames),
      expect: expectReplies(...pongs, ...echoes),
    };
  }),
  ...faults.map(
    ([title, sentence, frames, codes = [CloseCode.PROTOCOL_ERROR]], index): ConformanceCase => ({
      id: `18.8.${index + 1}`,
      title,
      ...about(sentence),
      ...shared,
      steps: inOneWrite(frames),
      expect: expectFailure(codes),
    }),
  ),
];
