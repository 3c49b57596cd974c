/**
 * What the cases of the Autobahn suite send, and what an agent should do: facts, written down from a description of the suite and
 * not from our cases. A frame is its opcode, `+` if more fragments follow, `/` and the reserved bits if one is set, and the payload:
 * text in quotes, other octets in hexadecimal, `OCTET*COUNT` for a repeated octet. `;` separates frames, and `|` steps. A step may
 * start with how it is written: `frames` for one write each, `N` for writes of N octets; or it is a pause or a part of a frame.
 */
export type Row = readonly [sent: string, outcome: string];

const HELLO = '"Hello, world!"';
const hex = (text: string): string => Buffer.from(text).toString('hex');

function group1(): Record<string, Row> {
  const rows: Record<string, Row> = {};
  for (const [group, opcode, octet] of [
    [1, 'text', '2a'],
    [2, 'binary', 'fe'],
  ] as const) {
    const lengths = [0, 125, 126, 127, 128, 65_535, 65_536];
    lengths.forEach((length, index) => {
      rows[`1.${group}.${index + 1}`] = [`${opcode} ${length === 0 ? '""' : `${octet}*${length}`}`, 'echo'];
    });
    rows[`1.${group}.8`] = [`997: ${opcode} ${octet}*65536`, 'echo'];
  }
  return rows;
}

const TEN = Array.from({ length: 10 }, (_, index) => `ping "payload-${index}"`).join('; ');

const GROUP_2: Record<string, Row> = {
  '2.1': ['ping ""', 'pong'],
  '2.2': [`ping ${HELLO}`, 'pong'],
  '2.3': ['ping 00fffefdfcfb00ff', 'pong'],
  '2.4': ['ping fe*125', 'pong'],
  '2.5': ['ping fe*126', 'failure 1002'],
  '2.6': ['1: ping fe*125', 'pong'],
  '2.7': ['pong ""', 'nothing'],
  '2.8': ['pong "unsolicited pong payload"', 'nothing'],
  '2.9': ['pong "unsolicited pong payload"; ping "ping payload"', 'pong'],
  '2.10': [TEN, 'pong*10'],
  '2.11': [`1: ${TEN}`, 'pong*10'],
};

const GROUP_3: Record<string, Row> = {
  '3.1': [`text/001 ${HELLO}`, 'failure 1002'],
  '3.2': [`text ${HELLO}; text/010 ${HELLO}; ping ""`, 'echo, failure 1002'],
  '3.3': [`frames: text ${HELLO}; text/011 ${HELLO}; ping ""`, 'echo, failure 1002'],
  '3.4': [`1: text ${HELLO}; text/100 ${HELLO}; ping ""`, 'echo, failure 1002'],
  '3.5': ['binary/101 00fffefdfcfb00ff', 'failure 1002'],
  // Deviation: Autobahn sends opcode 2 here, although it describes a ping.
  '3.6': [`ping/110 ${HELLO}`, 'failure 1002'],
  '3.7': ['close/111 ""', 'failure 1002'],
};

function group4(): Record<string, Row> {
  const rows: Record<string, Row> = {};
  for (const [group, first] of [
    [1, 3],
    [2, 11],
  ] as const) {
    const between = (frame: string): string => `text ${HELLO}; ${frame}; ping ""`;
    rows[`4.${group}.1`] = [`${first} ""`, 'failure 1002'];
    rows[`4.${group}.2`] = [`${first + 1} "reserved opcode payload"`, 'failure 1002'];
    rows[`4.${group}.3`] = [between(`${first + 2} ""`), 'echo, failure 1002'];
    rows[`4.${group}.4`] = [between(`${first + 3} ${HELLO}`), 'echo, failure 1002'];
    rows[`4.${group}.5`] = [`1: ${between(`${first + 4} ${HELLO}`)}`, 'echo, failure 1002'];
  }
  return rows;
}

function group5(): Record<string, Row> {
  const rows: Record<string, Row> = {
    '5.1': ['ping+ "fragment1"; continuation "fragment2"', 'failure 1002'],
    '5.2': ['pong+ "fragment1"; continuation "fragment2"', 'failure 1002'],
  };
  const inThreeWays = (number: number, sent: string, outcome: string): void => {
    ['', 'frames: ', '1: '].forEach((way, index) => {
      rows[`5.${number + index}`] = [way + sent, outcome];
    });
  };
  const [first, last] = ['text+ "fragment1"', 'continuation "fragment2"'];
  inThreeWays(3, `${first}; ${last}`, 'echo');
  inThreeWays(6, `${first}; ping "ping payload"; ${last}`, 'pong, echo');
  inThreeWays(9, `continuation "non-continuation payload"; text ${HELLO}`, 'failure 1002');
  inThreeWays(12, `continuation+ "non-continuation payload"; text ${HELLO}`, 'failure 1002');
  rows['5.15'] = [`${first}; ${last}; continuation+ "fragment3"; text "fragment4"`, 'echo, failure 1002'];
  const twice = (plus: string): string =>
    Array(2).fill(`continuation${plus} "fragment1"; text+ "fragment2"; continuation "fragment3"`).join('; ');
  rows['5.16'] = [twice('+'), 'failure 1002'];
  rows['5.17'] = [twice(''), 'failure 1002'];
  rows['5.18'] = [`${first}; text "fragment2"`, 'failure 1002'];
  const [start, end] = [
    `${first}; continuation+ "fragment2"; ping "pongme 1!"`,
    'continuation+ "fragment3"; continuation+ "fragment4"; ping "pongme 2!"; continuation "fragment5"',
  ];
  rows['5.19'] = [`${start} | pause 1000 | ${end}`, 'pong*2, echo'];
  rows['5.20'] = [`frames: ${start} | pause 1000 | frames: ${end}`, 'pong*2, echo'];
  return rows;
}

const GREEK = 'cebae1bdb9cf83cebcceb5';
const GREETING = hex('Hello-µ@ßöäüàá-UTF-8!!');
const SURROGATE = `${GREEK}eda080${hex('edited')}`;
/** 21 octets: 11 are valid, and `f490` is invalid in its second octet. */
const BEYOND = `${GREEK}f4908080${hex('edited')}`;

/** One text fragment for each octet. */
function octetFrames(digits: string): string {
  const octets = digits.match(/../g)!;
  return octets
    .map((octet, index) => {
      const opcode = index === 0 ? 'text' : 'continuation';
      return `${opcode}${index < octets.length - 1 ? '+' : ''} ${shown(octet)}`;
    })
    .join('; ');
}

/** Octets from a position to another one. */
const cut = (digits: string, from: number, to?: number): string =>
  digits.slice(from * 2, to === undefined ? undefined : to * 2);

/** Octets as rows have them: in quotes if they are ASCII. */
function shown(digits: string): string {
  const octets = Buffer.from(digits, 'hex');
  return octets.every((octet) => octet >= 0x20 && octet < 0x7f) ? JSON.stringify(octets.toString()) : digits;
}

const SEQUENCES: Readonly<Record<number, readonly string[]>> = {
  5: [
    hex('hello$world'),
    `${hex('hello')}c2a2${hex('world')}`,
    `${hex('hello')}e282ac${hex('world')}`,
    `${hex('hello')}f0a4ada2${hex('world')}`,
    GREEK,
  ],
  6: Array.from({ length: 11 }, (_, index) => cut(GREEK, 0, index + 1)),
  7: ['00', 'c280', 'e0a080', 'f0908080'],
  8: ['f888808080', 'fc8480808080'],
  9: ['7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  10: ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'],
  11: ['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf', 'f4908080'],
  12: ['80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf', range(0x80, 0xbe, '')],
  13: [range(0xc0, 0xde, '20'), range(0xe0, 0xee, '20'), range(0xf0, 0xf6, '20'), range(0xf8, 0xfa, '20'), 'fc20'],
  14: ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'],
  15: ['c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf'],
  16: ['fe', 'ff', 'fefeffff'],
  17: ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
  18: ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'],
  19: ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'],
  20: ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'],
  21: ['eda080', 'edadbf', 'edae80', 'edafbf'].flatMap((high) => [`${high}edb080`, `${high}edbfbf`]),
  22: [
    'efbfbe',
    'efbfbf',
    ...[
      'f09f',
      'f0af',
      'f0bf',
      'f18f',
      'f19f',
      'f1af',
      'f1bf',
      'f28f',
      'f29f',
      'f2af',
      'f2bf',
      'f38f',
      'f39f',
      'f3af',
      'f3bf',
      'f48f',
    ].flatMap((start) => [`${start}bfbe`, `${start}bfbf`]),
  ],
  23: ['efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'],
};
/** The groups whose sequences are valid, and the prefixes of the Greek word that end with a code point. */
const VALID_GROUPS = [5, 7, 9, 22, 23];
const VALID = new Set([
  ...[2, 5, 7, 9, 11].map((length) => cut(GREEK, 0, length)),
  ...['ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'],
]);

/** The octets of a range, each followed by others. */
function range(from: number, to: number, after: string): string {
  return Array.from({ length: to - from + 1 }, (_, index) => (from + index).toString(16) + after).join('');
}

function group6(): Record<string, Row> {
  const late = 'open, failure 1007';
  const inFrames = (first: number, second: number): Row => [
    `text+ ${cut(BEYOND, 0, first)} | open 1000 | continuation+ ${cut(BEYOND, first, second)} | fails | continuation ${shown(cut(BEYOND, second))}`,
    late,
  ];
  const inParts = (first: number, second: number): Row => [
    `0-${first} of text ${BEYOND} | open 1000 | ${first}-${second} of text ${BEYOND} | fails | ${second}- of text ${BEYOND}`,
    late,
  ];
  const rows: Record<string, Row> = {
    '6.1.1': ['text ""', 'echo'],
    '6.1.2': ['text+ ""; continuation+ ""; continuation ""', 'echo'],
    '6.1.3': ['text+ ""; continuation+ "middle frame payload"; continuation ""', 'echo'],
    '6.2.1': [`text ${GREETING}`, 'echo'],
    '6.2.2': [`text+ ${cut(GREETING, 0, 15)}; continuation ${cut(GREETING, 15)}`, 'echo'],
    '6.2.3': [octetFrames(GREETING), 'echo'],
    '6.2.4': [octetFrames(GREEK), 'echo'],
    '6.3.1': [`text ${SURROGATE}`, 'failure 1007'],
    '6.3.2': [octetFrames(SURROGATE), 'failure 1007'],
    '6.4.1': inFrames(11, 15),
    '6.4.2': inFrames(12, 13),
    '6.4.3': inParts(11, 15),
    '6.4.4': inParts(12, 13),
  };
  for (const [group, sequences] of Object.entries(SEQUENCES)) {
    sequences.forEach((octets, index) => {
      const isValid = VALID_GROUPS.includes(Number(group)) || VALID.has(octets);
      rows[`6.${group}.${index + 1}`] = [`text ${shown(octets)}`, isValid ? 'echo' : 'failure 1007'];
    });
  }
  return rows;
}

function group7(): Record<string, Row> {
  const normal = 'close 03e8';
  const rows: Record<string, Row> = {
    '7.1.1': [`text "Hello World!" | until 1 | ${normal}`, 'echo, close 1000'],
    '7.1.2': [`${normal}; close ""`, 'close 1000'],
    '7.1.3': [`${normal}; ping ""`, 'close 1000'],
    '7.1.4': [`${normal}; text "Hello World!"`, 'close 1000'],
    '7.1.5': [`text+ "fragment1"; ${normal}; continuation "fragment2"`, 'close 1000'],
    '7.1.6': [`text "BAsd7&jh23"*262144; text "Hello World!"; ${normal}; ping ""`, 'informational'],
    '7.3.1': ['close ""', 'close 1005/1000'],
    '7.3.2': ['close "a"', 'failure 1002'],
    '7.3.3': [normal, 'close 1000'],
    '7.3.4': [`${normal}${hex('Hello World!')}`, 'close 1000'],
    '7.3.5': [`${normal}${'2a'.repeat(123)}`, 'close 1000'],
    '7.3.6': [`${normal}${'2a'.repeat(124)}`, 'failure 1002'],
    '7.5.1': [`${normal}${SURROGATE}`, 'failure 1007/1002'],
  };
  const codes = (group: number, list: readonly number[], outcome: (code: number) => string): void => {
    list.forEach((code, index) => {
      rows[`7.${group}.${index + 1}`] = [`close ${code.toString(16).padStart(4, '0')}`, outcome(code)];
    });
  };
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
  codes(7, valid, (code) => (code === 1000 ? 'close 1000' : `close ${code}/1000`));
  codes(9, [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999], () => 'failure 1002');
  codes(13, [5000, 65_535], () => 'informational');
  return rows;
}

/** Groups 1 to 7: every octet is that of Autobahn. */
export const AUTOBAHN_FRAMES: Readonly<Record<string, Row>> = {
  ...group1(),
  ...GROUP_2,
  ...GROUP_3,
  ...group4(),
  ...group5(),
  ...group6(),
  ...group7(),
};

const KIB = 1024;
const MIB = 1024 * KIB;

/** Groups 9, 10, 12 and 13: types, lengths, numbers of frames, writes, and offers. The payloads of 9, 12 and 13 are our own. */
export const AUTOBAHN_SHAPES: Readonly<Record<string, string>> = shapes();

function shapes(): Record<string, string> {
  const rows: Record<string, string> = { '10.1.1': 'text 65536 in frames of 1300' };
  const types = ['text', 'binary'] as const;
  types.forEach((type, index) => {
    [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].forEach((size, row) => {
      rows[`9.${1 + index}.${row + 1}`] = `${type} ${size}`;
    });
    [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].forEach((size, row) => {
      const frames = size === 4 * MIB ? '' : ` in frames of ${size}`;
      rows[`9.${3 + index}.${row + 1}`] = `${type} ${4 * MIB}${frames}`;
    });
    [64, 128, 256, 512, 1024, 2048].forEach((size, row) => {
      rows[`9.${5 + index}.${row + 1}`] = `${type} ${MIB} in writes of ${size}`;
    });
    [0, 16, 64, 256, 1024, 4096].forEach((size, row) => {
      rows[`9.${7 + index}.${row + 1}`] = `1000 times ${type} ${size}, each after the echo`;
    });
  });
  const lengths: readonly (readonly [number, number?])[] = [
    ...[16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB].map((size) => [size] as const),
    ...[8, 16, 32, 64, 128].map((size) => [size * KIB, 256] as const),
    [128 * KIB, KIB],
    [128 * KIB, 4 * KIB],
    [128 * KIB, 32 * KIB],
  ];
  const FOR_CLIENT = 'permessage-deflate; client_no_context_takeover; client_max_window_bits';
  const compressed = (group: string, type: string, offers: string): void => {
    lengths.forEach(([size, frame], row) => {
      const frames = frame === undefined ? '' : ` in frames of ${frame}`;
      rows[`${group}.${row + 1}`] = `1000 times compressed ${type} ${size}${frames}, each after the echo; ${offers}`;
    });
  };
  ['text', 'binary', 'binary', 'binary', 'binary'].forEach((type, kind) => {
    compressed(`12.${kind + 1}`, type, FOR_CLIENT);
  });
  const [noContext, nineBits, fifteenBits] = [
    '; server_no_context_takeover',
    '; server_max_window_bits=9',
    '; server_max_window_bits=15',
  ];
  [
    FOR_CLIENT,
    FOR_CLIENT + noContext,
    FOR_CLIENT + nineBits,
    FOR_CLIENT + fifteenBits,
    FOR_CLIENT + noContext + nineBits,
    FOR_CLIENT + noContext + fifteenBits,
    [FOR_CLIENT + noContext + nineBits, FOR_CLIENT + noContext, FOR_CLIENT].join(', '),
  ].forEach((offers, index) => {
    compressed(`13.${index + 1}`, 'text', offers);
  });
  return rows;
}
