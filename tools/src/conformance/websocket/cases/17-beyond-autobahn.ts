import type { ConformanceCase, Expectation } from '../case.ts';
import type { FrameDescription } from '../frames.ts';
import { bytesOf, textOf } from '../payloads.ts';
import { CloseCode } from '../protocol.ts';
import { about, SENTENCES, type Sentence } from '../sentences.ts';
import {
  binary,
  close,
  continuation,
  echoOf,
  expectClose,
  expectFailure,
  expectReplies,
  ping,
  pong,
  pongOf,
  text,
} from './dsl.ts';
import { frameHeaders } from './frame-headers.ts';
import { failFast, inFragments, KOSME, part, whole } from './utf8-cases.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const LENGTHS: readonly number[] = [125, 126, 127, 128, 65_535, 65_536];
const HELLO = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');
/** Within the code point of a "ß". */
const WITHIN = Buffer.byteLength('Hello-µ@') + 1;

/** All octets in a range, each followed by a space. */
function withSpaces(from: number, to: number): Buffer {
  return Buffer.from(Array.from({ length: to - from + 1 }, (_, index) => [from + index, 0x20]).flat());
}

/** Text that is valid up to its last code point, in which the octet `invalid` must be the first that an agent rejects. */
function cutIn(start: string, invalid: string, rest: string): readonly [Buffer, number] {
  return [Buffer.concat([KOSME, hex(start + invalid + rest)]), KOSME.length + start.length / 2];
}

/** 17.1: messages as in 1, with code points of every length, and with octets of every value. */
const messages: readonly ConformanceCase[] = (['text', 'binary'] as const).flatMap((type, group) =>
  [...LENGTHS, 65_536].map((length, index) => {
    const payload = type === 'text' ? textOf(length) : bytesOf(length);
    const isLast = index === LENGTHS.length;
    const what = type === 'text' ? 'code points of every length' : 'octets of every value';
    return {
      id: `17.1.${group * (LENGTHS.length + 1) + index + 1}`,
      title: `A ${type} message of ${length} bytes with ${what}${isLast ? ', in writes of 997 bytes' : ''}`,
      ...about(SENTENCES.message),
      steps: [{ send: [type === 'text' ? text(payload) : binary(payload)], ...(isLast && { writeSize: 997 }) }],
      expect: expectReplies(echoOf(type, payload)),
    };
  }),
);

const SEQUENCES: readonly (readonly [title: string, payload: Buffer, isValid: boolean])[] = [
  ['Text that starts with a byte order mark', Buffer.from('\ufeffHello'), true],
  ['A noncharacter: U+FDD0', Buffer.from('\ufdd0'), true],
  ['A noncharacter: U+FDEF', Buffer.from('\ufdef'), true],
  ['All continuation octets in a row', Buffer.from(Array.from({ length: 64 }, (_, index) => 0x80 + index)), false],
  ['All start octets of 2-octet sequences, each followed by a space', withSpaces(0xc0, 0xdf), false],
  ['All start octets of 3-octet sequences, each followed by a space', withSpaces(0xe0, 0xef), false],
  ['All start octets of 4-octet sequences, each followed by a space', withSpaces(0xf0, 0xf7), false],
  ['All start octets of 5-octet sequences, each followed by a space', withSpaces(0xf8, 0xfb), false],
  ['All start octets of 6-octet sequences, each followed by a space', withSpaces(0xfc, 0xfd), false],
];

const CUTS: readonly (readonly [title: string, payload: Buffer, position: number])[] = [
  ['by an octet that never occurs', ...cutIn('', 'f8', '8080')],
  ['by a surrogate', ...cutIn('ed', 'a0', '80')],
  ['by an overlong form', ...cutIn('e0', '80', '80')],
  ['by a missing continuation octet', ...cutIn('e1bd', '20', '20')],
];

/** 17.2: UTF-8. */
const utf8: readonly ConformanceCase[] = [
  inFragments(
    '17.2.1',
    'Text outside ASCII in two fragments, split within a code point',
    [{ send: [text(HELLO.subarray(0, WITHIN), { fin: false }), continuation(HELLO.subarray(WITHIN))] }],
    expectReplies(echoOf('text', HELLO)),
  ),
  inFragments(
    '17.2.2',
    'Text that ends within a code point, in two fragments',
    [{ send: [text('Hello', { fin: false }), continuation(hex('e1bd'))] }],
    expectFailure(CloseCode.INVALID_DATA),
  ),
  inFragments(
    '17.2.3',
    'Text that ends within a code point, then text that would complete it',
    [{ send: [text(hex('e1bd')), text(hex('b9'))] }],
    expectFailure(CloseCode.INVALID_DATA),
  ),
  ...SEQUENCES.map(([title, payload, isValid], index) => whole(`17.2.${index + 4}`, title, payload, isValid)),
  ...CUTS.flatMap(([title, payload, position], index) => [
    failFast(
      `17.2.${SEQUENCES.length + 4 + 2 * index}`,
      `Text that becomes invalid in the second of three fragments, ${title}`,
      { send: [text(payload.subarray(0, position), { fin: false })] },
      { send: [continuation(payload.subarray(position, position + 1), { fin: false })] },
      { send: [continuation(payload.subarray(position + 1))] },
    ),
    failFast(
      `17.2.${SEQUENCES.length + 5 + 2 * index}`,
      `Text that becomes invalid in the second of three parts of a frame, ${title}`,
      part(payload, 0, position),
      part(payload, position, position + 1),
      part(payload, position + 1),
    ),
  ]),
  inFragments(
    '17.2.21',
    'Text outside ASCII in two fragments, split within a code point, with a ping between',
    [
      {
        send: [text(HELLO.subarray(0, WITHIN), { fin: false }), ping('between'), continuation(HELLO.subarray(WITHIN))],
      },
    ],
    expectReplies(pongOf('between'), echoOf('text', HELLO)),
  ),
];

type Row = readonly [title: string, sentence: Sentence, send: readonly FrameDescription[], expect: Expectation];

const PROTOCOL_ERROR = expectFailure(CloseCode.PROTOCOL_ERROR);
const echoThenFailure = expectFailure(CloseCode.PROTOCOL_ERROR, echoOf('text', 'Hello'));

/** What follows a fault is not processed. The ping has a payload, so that its pong is none of the agent's heartbeats. */
const faults: readonly Row[] = [
  [
    'Text, text with the reserved bits 100, and a ping with a payload',
    SENTENCES.reservedBits,
    [text('Hello'), text('Hello', { rsv: 4 }), ping('after the fault')],
    echoThenFailure,
  ],
  [
    'Text, opcode 3, and a ping with a payload',
    SENTENCES.opcode,
    [text('Hello'), { opcode: 3 }, ping('after the fault')],
    echoThenFailure,
  ],
  [
    'Text, opcode 11, text, and a ping with a payload',
    SENTENCES.opcode,
    [text('Hello'), { opcode: 11 }, text('after the fault'), ping('after the fault')],
    echoThenFailure,
  ],
  [
    'Invalid text, text, and a ping with a payload',
    SENTENCES.utf8,
    [text(hex('ff')), text('after the fault'), ping('after the fault')],
    expectFailure(CloseCode.INVALID_DATA),
  ],
  [
    'A masked frame from a server, or an unmasked frame from a client',
    SENTENCES.unmaskedFrame,
    [text('Hello', { isMaskedWrongly: true })],
    PROTOCOL_ERROR,
  ],
  [
    'Text in two fragments, of which the second has the reserved bits 100',
    SENTENCES.reservedBits,
    [text('Hel', { fin: false }), continuation('lo', { rsv: 4 })],
    PROTOCOL_ERROR,
  ],
  [
    'Text in two fragments, of which the second has the reserved bits 010',
    SENTENCES.reservedBits,
    [text('Hel', { fin: false }), continuation('lo', { rsv: 2 })],
    PROTOCOL_ERROR,
  ],
  [
    'Text in two fragments, of which the second has the reserved bits 001',
    SENTENCES.reservedBits,
    [text('Hel', { fin: false }), continuation('lo', { rsv: 1 })],
    PROTOCOL_ERROR,
  ],
  [
    'Text, then a masked frame from a server, or an unmasked frame from a client',
    SENTENCES.unmaskedFrame,
    [text('Hello'), text('Hello', { isMaskedWrongly: true })],
    echoThenFailure,
  ],
  ['A pong of 126 bytes', SENTENCES.controlFrame, [pong(Buffer.alloc(126, 'p'))], PROTOCOL_ERROR],
  ['A pong with the reserved bits 100', SENTENCES.reservedBits, [pong('Hello', { rsv: 4 })], PROTOCOL_ERROR],
  ['A pong with the reserved bits 010', SENTENCES.reservedBits, [pong('Hello', { rsv: 2 })], PROTOCOL_ERROR],
];

const closings: readonly Row[] = [
  [
    'A Close frame, then a ping with a payload',
    SENTENCES.discardsAfterClose,
    [close(CloseCode.NORMAL), ping('after the Close frame')],
    expectClose(CloseCode.NORMAL),
  ],
  [
    'Two Close frames with different codes',
    SENTENCES.closeEcho,
    [close(CloseCode.NORMAL), close(3000)],
    expectClose(CloseCode.NORMAL),
  ],
  [
    'A close reason outside ASCII',
    SENTENCES.closeReason,
    [close(CloseCode.NORMAL, HELLO)],
    expectClose(CloseCode.NORMAL),
  ],
  [
    'A close reason that ends within a code point',
    SENTENCES.utf8,
    [close(CloseCode.NORMAL, hex('68e1bd'))],
    expectFailure([CloseCode.INVALID_DATA, CloseCode.PROTOCOL_ERROR]),
  ],
  ['Close code 1015, which must not be sent', SENTENCES.closeBody, [close(1015)], PROTOCOL_ERROR],
  [
    'A Close frame with a code and the reserved bits 111',
    SENTENCES.reservedBits,
    [{ ...close(CloseCode.NORMAL), rsv: 7 }],
    PROTOCOL_ERROR,
  ],
];

const moreClosings: readonly Row[] = [
  ['A Close frame without FIN', SENTENCES.controlFrame, [{ ...close(CloseCode.NORMAL), fin: false }], PROTOCOL_ERROR],
  [
    'A close reason of 123 bytes that ends with a code point of two octets',
    SENTENCES.closeReason,
    [close(CloseCode.NORMAL, `a${'ü'.repeat(61)}`)],
    expectClose(CloseCode.NORMAL),
  ],
];

function casesOf(group: string, rows: readonly Row[], first = 1): ConformanceCase[] {
  return rows.map(([title, sentence, send, expect], index) => {
    return { id: `${group}.${index + first}`, title, ...about(sentence), steps: [{ send }], expect };
  });
}

/** 17: what the Autobahn suite does not test. */
export const beyondAutobahn: readonly ConformanceCase[] = [
  ...messages,
  ...utf8,
  ...casesOf('17.3', faults),
  ...casesOf('17.4', closings),
  {
    id: '17.4.7',
    title: 'Text and a Close frame in one write',
    ...about(SENTENCES.closeAnswer),
    steps: [{ send: [text('Hello'), close(CloseCode.NORMAL)] }],
    expect: expectClose(CloseCode.NORMAL, echoOf('text', 'Hello')),
    // The agent may answer the Close frame before the application has received the message.
    informational: true,
  },
  ...casesOf('17.4', moreClosings, 8),
  ...frameHeaders,
];
