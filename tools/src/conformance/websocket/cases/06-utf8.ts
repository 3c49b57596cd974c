import type { ConformanceCase } from '../case.ts';
import { CloseCode } from '../protocol.ts';
import { continuation, echoOf, expectFailure, expectReplies, text } from './dsl.ts';
import { failFast, inFragments, KOSME, octets, part, whole } from './utf8-cases.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const byCodePoints = (...points: readonly number[]): Buffer => Buffer.from(String.fromCodePoint(...points));

const HELLO = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');
/** Where HELLO is split between two code points. */
const SPLIT = Buffer.byteLength('Hello-µ@ßöä');
/** Text with a surrogate, which is not valid UTF-8. */
const SURROGATE = Buffer.concat([KOSME, hex('eda080'), Buffer.from('edited')]);
/** The Greek word, and the form that a code point after U+10FFFF would have. It is invalid from its second octet on. */
const [BEYOND, REST] = [hex('f4908080'), Buffer.from('edited')];
const INVALID = Buffer.concat([KOSME, BEYOND, REST]);

interface Sequence {
  readonly title: string;
  readonly payload: Buffer;
  readonly isValid: boolean;
}

const valid = (title: string, payload: Buffer): Sequence => ({ title, payload, isValid: true });
const invalid = (title: string, payload: Buffer): Sequence => ({ title, payload, isValid: false });

/** Every prefix of a string. It is valid if it ends with a complete code point. */
function prefixes(payload: Buffer): Sequence[] {
  return Array.from(payload, (_, index) => {
    const prefix = payload.subarray(0, index + 1);
    const isValid = payload[index + 1] === undefined || (payload[index + 1]! & 0xc0) !== 0x80;
    return {
      title: `The first ${index + 1 === 1 ? 'octet' : `${index + 1} octets`} of a string`,
      payload: prefix,
      isValid,
    };
  });
}

const repeated = (count: number, octets: (index: number) => string): Buffer =>
  hex(Array.from({ length: count }, (_, index) => octets(index)).join(''));
const twoDigits = (octet: number): string => octet.toString(16).padStart(2, '0');
/** Start octets, each followed by a space. */
const startOctets = (from: number, count: number): Buffer => repeated(count, (index) => `${twoDigits(from + index)}20`);

const INCOMPLETE: readonly string[] = [
  'c0',
  'e080',
  'f08080',
  'f8808080',
  'fc80808080',
  'df',
  'efbf',
  'f7bfbf',
  'fbbfbfbf',
  'fdbfbfbfbf',
];
const SURROGATES: readonly string[] = ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'];
const PAIRS: readonly string[] = [
  'eda080edb080',
  'eda080edbfbf',
  'edadbfedb080',
  'edadbfedbfbf',
  'edae80edb080',
  'edae80edbfbf',
  'edafbfedb080',
  'edafbfedbfbf',
];
/** The last two code points of each plane. */
const NONCHARACTERS: readonly number[] = [
  0xfffe,
  0xffff,
  ...Array.from({ length: 16 }, (_, plane) => [((plane + 1) << 16) | 0xfffe, ((plane + 1) << 16) | 0xffff]).flat(),
];

/** 6.5 to 6.23, by group. Each sequence is one message. */
const GROUPS: Readonly<Record<number, readonly Sequence[]>> = {
  5: [
    ...[0x24, 0xa2, 0x20ac, 0x24b62].map((point) =>
      valid(`Text with ${name(point)}`, Buffer.from(`hello${String.fromCodePoint(point)}world`)),
    ),
    valid('Greek text', KOSME),
  ],
  6: prefixes(KOSME),
  7: [0x00, 0x80, 0x800, 0x10000].map((point) =>
    valid(`The first code point of its length: ${name(point)}`, byCodePoints(point)),
  ),
  8: ['f888808080', 'fc8480808080'].map((octets) => invalid(`A sequence of ${octets.length / 2} octets`, hex(octets))),
  9: [
    ...[0x7f, 0x7ff, 0xffff, 0x10ffff].map((point) =>
      valid(`The last code point of its length: ${name(point)}`, byCodePoints(point)),
    ),
  ],
  10: ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'].map((octets) =>
    invalid(`The last sequence of ${octets.length / 2} octets`, hex(octets)),
  ),
  11: [
    ...[0xd7ff, 0xe000, 0xfffd, 0x10ffff].map((point) =>
      valid(`A code point at a boundary: ${name(point)}`, byCodePoints(point)),
    ),
    invalid('The first sequence after U+10FFFF', hex('f4908080')),
  ],
  12: [
    invalid('The first continuation octet alone', hex('80')),
    invalid('The last continuation octet alone', hex('bf')),
    ...[2, 3, 4, 5, 6].map((count) =>
      invalid(
        `${count} continuation octets`,
        repeated(count, (index) => (index % 2 ? 'bf' : '80')),
      ),
    ),
    invalid(
      'The continuation octets 80 to be in a row',
      repeated(63, (index) => twoDigits(0x80 + index)),
    ),
  ],
  13: [
    invalid('The start octets c0 to de of 2-octet sequences, each followed by a space', startOctets(0xc0, 31)),
    invalid('The start octets e0 to ee of 3-octet sequences, each followed by a space', startOctets(0xe0, 15)),
    invalid('The start octets f0 to f6 of 4-octet sequences, each followed by a space', startOctets(0xf0, 7)),
    invalid('The start octets f8 to fa of 5-octet sequences, each followed by a space', startOctets(0xf8, 3)),
    invalid('The start octet fc of 6-octet sequences, followed by a space', startOctets(0xfc, 1)),
  ],
  14: INCOMPLETE.map((octets) =>
    invalid(`A sequence of ${octets.length / 2 + 1} octets without the last one: ${octets}`, hex(octets)),
  ),
  15: [invalid('All incomplete sequences in a row', hex(INCOMPLETE.join('')))],
  16: ['fe', 'ff', 'fefeffff'].map((octets) => invalid(`Octets that never occur in UTF-8: ${octets}`, hex(octets))),
  17: ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'].map((octets) =>
    invalid(`An overlong "/": ${octets}`, hex(octets)),
  ),
  18: ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'].map((octets) =>
    invalid(`The last overlong sequence: ${octets}`, hex(octets)),
  ),
  19: ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'].map((octets) =>
    invalid(`An overlong NUL: ${octets}`, hex(octets)),
  ),
  20: SURROGATES.map((octets) => invalid(`A single surrogate: ${octets}`, hex(octets))),
  21: PAIRS.map((octets) => invalid(`A pair of surrogates: ${octets}`, hex(octets))),
  22: NONCHARACTERS.map((point) => valid(`A noncharacter: ${name(point)}`, byCodePoints(point))),
  23: [0xfff9, 0xfffa, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff].map((point) =>
    valid(`A special code point: ${name(point)}`, byCodePoints(point)),
  ),
};

function name(point: number): string {
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** 6: UTF-8, RFC 6455 §8.1: "the endpoint MUST _Fail the WebSocket Connection_". */
export const utf8: readonly ConformanceCase[] = [
  whole('6.1.1', 'Empty text', Buffer.alloc(0), true),
  inFragments(
    '6.1.2',
    'Three empty fragments',
    [{ send: [text('', { fin: false }), continuation('', { fin: false }), continuation('')] }],
    expectReplies(echoOf('text', '')),
  ),
  inFragments(
    '6.1.3',
    'Three fragments, of which only the middle one has a payload',
    [{ send: [text('', { fin: false }), continuation('middle frame payload', { fin: false }), continuation('')] }],
    expectReplies(echoOf('text', 'middle frame payload')),
  ),
  whole('6.2.1', 'Text outside ASCII', HELLO, true),
  inFragments(
    '6.2.2',
    'Text outside ASCII in two fragments, split between two code points',
    [{ send: [text(HELLO.subarray(0, SPLIT), { fin: false }), continuation(HELLO.subarray(SPLIT))] }],
    expectReplies(echoOf('text', HELLO)),
  ),
  inFragments(
    '6.2.3',
    'Text outside ASCII in one fragment for each octet',
    [octets(HELLO)],
    expectReplies(echoOf('text', HELLO)),
  ),
  inFragments(
    '6.2.4',
    'Greek text in one fragment for each octet',
    [octets(KOSME)],
    expectReplies(echoOf('text', KOSME)),
  ),
  whole('6.3.1', 'Text with a surrogate', SURROGATE, false),
  inFragments(
    '6.3.2',
    'Text with a surrogate in one fragment for each octet',
    [octets(SURROGATE)],
    expectFailure(CloseCode.INVALID_DATA),
  ),
  failFast(
    '6.4.1',
    'Text that becomes invalid within the second of three fragments',
    { send: [text(KOSME, { fin: false })] },
    { send: [continuation(BEYOND, { fin: false })] },
    { send: [continuation(REST)] },
  ),
  failFast(
    '6.4.2',
    'Text that becomes invalid with the only octet of the second of three fragments',
    { send: [text(INVALID.subarray(0, 12), { fin: false })] },
    { send: [continuation(INVALID.subarray(12, 13), { fin: false })] },
    { send: [continuation(INVALID.subarray(13))] },
  ),
  failFast(
    '6.4.3',
    'The same as 6.4.1 in one frame that arrives in three parts',
    part(INVALID, 0, 11),
    part(INVALID, 11, 15),
    part(INVALID, 15),
  ),
  failFast(
    '6.4.4',
    'The same as 6.4.2 in one frame that arrives in three parts',
    part(INVALID, 0, 12),
    part(INVALID, 12, 13),
    part(INVALID, 13),
  ),
  ...Object.entries(GROUPS).flatMap(([group, sequences]) =>
    sequences.map(({ title, payload, isValid }, index) => whole(`6.${group}.${index + 1}`, title, payload, isValid)),
  ),
];
