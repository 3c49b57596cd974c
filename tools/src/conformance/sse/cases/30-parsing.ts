import type { DispatchedEvent, StreamClientCase } from '../client-case.ts';

/** An expected event. Default: no last event ID, and the type `message`. */
type Expected = readonly [data: string, lastEventId?: string, type?: string];
type Row = readonly [title: string, stream: string | Buffer, expect: readonly Expected[], start?: string];

/** The start of each stream, unless a row has its own. It makes an EventSource reconnect at once. */
const RETRY = 'retry: 1\n\n';
const BOM = '\ufeff';

const utf8 = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

const numbers = Array.from({ length: 100 }, (_, index) => String(index));
const bufferSizes = [512, 1024, 2048, 4096, 8192, 16_384].flatMap((size) => [size - 1, size, size + 1]);

/** HTML §9.2.5: how a stream is split into lines. New rows are added at the end: the number of a case never changes. */
const lines: readonly Row[] = [
  ['LF', 'data: a\n\ndata: b\n\n', [['a'], ['b']]],
  ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', [['a'], ['b']]],
  ['CR', 'data: a\r\rdata: b\r\r', [['a'], ['b']]],
  ['LF, CRLF and CR mixed', 'data: a\r\n\ndata: b\n\rdata: c\r\r\ndata: d\n\r\n', [['a'], ['b'], ['c'], ['d']]],
  ['CRLF is one line ending', 'data: a\r\ndata: b\r\n\r\n', [['a\nb']]],
  ['LF followed by CR is two line endings', 'data: a\n\rdata: b\n\n', [['a'], ['b']]],
  ['CR ends a line', 'data: a\rdata: b\n\n', [['a\nb']]],
  ['Several empty lines', 'data: a\n\n\n\n\ndata: b\n\n\n', [['a'], ['b']]],
  ['Empty lines at the beginning', '\n\n\r\r\r\ndata: a\n\n', [['a']]],
  [
    'Characters that are line endings elsewhere',
    'data: a\u2028b\u2029c\u0085d\x0be\x0cf\n\n',
    [['a\u2028b\u2029c\u0085d\x0be\x0cf']],
  ],
  ['NULL and other control characters', 'data: a\0b\x01c\x7fd\te\n\n', [['a\0b\x01c\x7fd\te']]],
  ['A byte order mark', `${RETRY}data: a\n\n`, [['a']], BOM],
  ['A byte order mark before the first field', 'data: a\nretry: 1\n\n', [['a']], BOM],
  [
    'Two byte order marks, of which only the first is removed',
    'data: no field\nretry: 1\n\ndata: a\n\n',
    [['a']],
    BOM + BOM,
  ],
  ['A byte order mark after the beginning', `${BOM}data: no field\n\ndata: a\n\n`, [['a']]],
  ['A byte order mark within data', `data: ${BOM}a${BOM}\n\n`, [[`${BOM}a${BOM}`]]],
  ['The first octet of a byte order mark', utf8([0xef], '\ndata: a\n\n'), [['a']]],
  ['Characters of two, three and four octets', 'data: ü你😀\nevent: é\nid: 語\n\n', [['ü你😀', '語', 'é']]],
  ['Octets that are not valid UTF-8', utf8('data: a', [0xff], 'b', [0xc3], '(c\n\n'), [['a\ufffdb\ufffd(c']]],
  ['Overlong forms and surrogates', utf8('data: ', [0xc0, 0x80, 0xed, 0xa0, 0x80], '\n\n'), [['\ufffd'.repeat(5)]]],
  ['A character that a line ending interrupts', utf8('data: ', [0xf0, 0x9f, 0x98], '\ndata: b\n\n'), [['\ufffd\nb']]],
  ['Code points above U+10FFFF', utf8('data: ', [0xf4, 0x90, 0x80, 0x80], '\n\n'), [['\ufffd'.repeat(4)]]],
  ['Noncharacters', 'data: \uffff\ufffe\u{1fffe}\n\n', [['\uffff\ufffe\u{1fffe}']]],
  ['A line of 100,000 characters', `data: ${'x'.repeat(100_000)}\n\n`, [['x'.repeat(100_000)]]],
  ['1000 lines of data', `${'data: x\n'.repeat(1000)}\n`, [[Array(1000).fill('x').join('\n')]]],
  ['500 events', 'data: x\n\n'.repeat(500), Array(500).fill(['x'])],
  ['A field name of 10,000 characters', `${'n'.repeat(10_000)}: a\ndata: b\n\n`, [['b']]],
  ['A comment of 100,000 characters', `:${'c'.repeat(100_000)}\ndata: b\n\n`, [['b']]],
  ['An empty stream', '', []],
  ['Only a comment', ':', []],
  ['A byte order mark before a field without a colon', 'data\nretry: 1\n\n', [['']], BOM],
  [
    'The first two octets of a byte order mark before a field',
    utf8([0xef, 0xbb], 'data: no field\nretry: 1\n\ndata: a\n\n'),
    [['a']],
    '',
  ],
  ['Lone continuation octets', utf8('data: a', [0x80, 0xbf], 'b\n\n'), [['a\ufffd\ufffdb']]],
  [
    'Sequences of five and six octets',
    utf8('data: ', [0xf8, 0x88, 0x80, 0x80, 0x80, 0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], '\n\n'),
    [['\ufffd'.repeat(11)]],
  ],
  [
    'Comments with NULL, ended by CR, LF and CRLF',
    'data: a\r\r:\0\r\n:\rdata: b\n\n:data: c\r:d\ndata: e\n\n',
    [['a'], ['b'], ['e']],
  ],
  ['A comment of 5000 characters that CR ends', `:${'c'.repeat(5000)}\rdata: b\n\n`, [['b']]],
  ['A comment within an event, ended by CRLF', 'data: a\r\n: b\r\ndata: c\r\n\r\n', [['a\nc']]],
  [
    'A field without a colon, ended by CR and by CRLF',
    'data: a\rdata\rdata: b\r\rdata: c\r\ndata\r\ndata: d\r\n\r\n',
    [['a\n\nb'], ['c\n\nd']],
  ],
  [
    'An unknown field within an event, ended by CR and by CRLF',
    'data: a\rfoo\rdata: b\r\rdata: c\r\nbar\r\ndata: d\r\n\r\n',
    [['a\nb'], ['c\nd']],
  ],
  ['100 different events', numbers.map((number) => `data: ${number}\n\n`).join(''), numbers.map((number) => [number])],
  [
    'Data as long as common buffers, and one octet shorter and longer',
    bufferSizes.map((size) => `data: ${'x'.repeat(size)}\n\n`).join(''),
    bufferSizes.map((size) => ['x'.repeat(size)]),
  ],
  ['A line of 1 MiB', `data: ${'x'.repeat(1024 * 1024)}\n\n`, [['x'.repeat(1024 * 1024)]]],
  ['10,000 lines of data', `${'data: 0123456789\n'.repeat(10_000)}\n`, [[Array(10_000).fill('0123456789').join('\n')]]],
];

/** HTML §9.2.6: how lines are interpreted. New rows are added at the end. */
const fields: readonly Row[] = [
  ['Data in one line', 'data: a\n\n', [['a']]],
  ['Data in several lines', 'data: a\ndata: b\ndata: c\n\n', [['a\nb\nc']]],
  ['No space after the colon', 'data:a\ndata: a\n\n', [['a\na']]],
  ['Several spaces after the colon, of which only one is removed', 'data:  a\ndata:   b \n\n', [[' a\n  b ']]],
  ['A tab after the colon', 'data:\ta\n\n', [['\ta']]],
  ['A colon within the value', 'data: a:b: c\ndata:: d\n\n', [['a:b: c\n: d']]],
  ['A field without a colon', 'data\n\ndata: a\ndata\n\n', [[''], ['a\n']]],
  ['Two fields without a value', 'data\ndata\n\n', [['\n']]],
  ['An empty value', 'data:\n\ndata: \n\n', [[''], ['']]],
  ['An empty line without data', 'event: a\n\nid: 1\n\ndata: b\n\n', [['b', '1']]],
  ['A space before the colon', 'data : a\ndata: b\n\n', [['b']]],
  ['A space before the name', ' data: a\ndata: b\n\n', [['b']]],
  ['A tab before the name', '\tdata: a\ndata: b\n\n', [['b']]],
  ['Field names in other case', 'Data: a\nDATA: b\ndata: c\nID: 1\nEvent: x\n\n', [['c']]],
  ['Unknown fields', 'foo: a\ndatum: b\ndataa: c\ndat: d\nbar\ndata: e\n\n', [['e']]],
  ['A field name followed by NULL', 'data\0: a\ndata: b\n\n', [['b']]],
  ['Comments', ': a\n:b\n:\ndata: c\n: data: d\n:data: e\n\n:\n\n', [['c']]],
  ['A comment within an event', 'data: a\n:\ndata: b\n\n', [['a\nb']]],
  ['A type', 'event: tick\ndata: a\n\ndata: b\n\n', [['a', '', 'tick'], ['b']]],
  ['A type after the data', 'data: a\nevent: tick\n\n', [['a', '', 'tick']]],
  ['Two types, of which the last applies', 'event: tock\nevent: tick\ndata: a\n\n', [['a', '', 'tick']]],
  ['An empty type, which means message', 'event: tick\nevent:\ndata: a\n\nevent\ndata: b\n\n', [['a'], ['b']]],
  ['The type message', 'event: message\ndata: a\n\n', [['a']]],
  ['A type with a leading space', 'event:  tick\ndata: a\n\n', [['a', '', ' tick']]],
  ['A type of an event without data, which is discarded', 'event: tick\n\ndata: a\n\n', [['a']]],
  [
    'Types that differ only in case',
    'event: Tick\ndata: a\n\nevent: tick\ndata: b\n\n',
    [
      ['a', '', 'Tick'],
      ['b', '', 'tick'],
    ],
  ],
  ['An id', 'id: 1\ndata: a\n\n', [['a', '1']]],
  [
    'An id that persists',
    'id: 1\ndata: a\n\ndata: b\n\n',
    [
      ['a', '1'],
      ['b', '1'],
    ],
  ],
  ['An id after the data', 'data: a\nid: 1\n\n', [['a', '1']]],
  ['Two ids, of which the last applies', 'id: 1\nid: 2\ndata: a\n\n', [['a', '2']]],
  [
    'An id that is reset',
    'id: 1\ndata: a\n\nid\ndata: b\n\nid: 2\ndata: c\n\nid:\ndata: d\n\n',
    [['a', '1'], ['b'], ['c', '2'], ['d']],
  ],
  ['An id of an event without data, which persists', 'id: 1\n\ndata: a\n\n', [['a', '1']]],
  [
    'An id with NULL, which is ignored',
    'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid: \0\ndata: c\n\n',
    [
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ],
  ],
  ['An id with spaces', 'id:  1 2 \ndata: a\n\n', [['a', ' 1 2 ']]],
  ['An id outside Latin-1', 'id: 你好😀\ndata: a\n\n', [['a', '你好😀']]],
  [
    'Invalid reconnection times',
    'retry: 99999999x\nretry: -99999\nretry: 1e9\nretry: +99999\nretry\nretry:\nretry: ٣٣٣٣٣\ndata: a\n\n',
    [['a']],
  ],
  ['A reconnection time without an event', 'retry: 1\n\nretry: 2\ndata: a\n\n', [['a']]],
  ['An incomplete event', 'data: a\n\ndata: b\n', [['a']]],
  ['An incomplete line', 'data: a\n\ndata: b', [['a']]],
  ['A stream that ends after one line', 'data: a\n', []],
  ['A stream that ends within CRLF', 'data: a\r\n\r', [['a']]],
  ['JSON data', 'data: {"a": "b\\n", "c": [1, 2]}\n\n', [['{"a": "b\\n", "c": [1, 2]}']]],
  [
    'Types that are names of object properties',
    'event: __proto__\ndata: a\n\nevent: constructor\ndata: b\n\n',
    [
      ['a', '', '__proto__'],
      ['b', '', 'constructor'],
    ],
  ],
  [
    'Field names that resemble data',
    '\0data: a\nda-ta: b\ndata_: c\n_data: d\ndata\u00a0: e\nd\u0430ta: f\ndata: g\n\n',
    [['g']],
  ],
  ['Lines without a colon, most of them unknown', 'data: a\n data\ndata\nfoo\n:data\ndata: b\n\n', [['a\n\nb']]],
  ['Empty data at the beginning and in the middle', 'data:\ndata: a\ndata\ndata: b\n\n', [['\na\n\nb']]],
  ['Data of one space', 'data:  \n\n', [[' ']]],
  ['All fields in reverse order', 'data: a\nretry: 1\nid: 1\nevent: tick\n\n', [['a', '1', 'tick']]],
  ['All fields without a space', 'event:tick\nid:1\nretry:1\ndata:a\n\n', [['a', '1', 'tick']]],
  ['An id that is reset, and stays reset', 'id: 1\ndata: a\n\nid\ndata: b\n\ndata: c\n\n', [['a', '1'], ['b'], ['c']]],
  [
    'An id that changes, and persists',
    'id: 1\ndata: a\n\nid: 2\ndata: b\n\n: c\n\ndata: d\n\n',
    [
      ['a', '1'],
      ['b', '2'],
      ['d', '2'],
    ],
  ],
  ['An id with NULL after a valid one, in one event', 'id: 1\nid: \0\nid: 2\0\nid: \x003\ndata: a\n\n', [['a', '1']]],
  ['An id with NULL before all others', 'id: a\0b\ndata: a\n\n', [['a']]],
  ['A type and an id without data, of which only the id persists', 'event: tick\nid: 1\n\ndata: a\n\n', [['a', '1']]],
  ['A type with colons and a space at its end', 'event: a:b: \ndata: a\n\n', [['a', '', 'a:b: ']]],
  [
    'A reconnection time beyond all integers, which the next one replaces',
    `retry: ${'9'.repeat(400)}\nretry: 1\ndata: a\n\n`,
    [['a']],
  ],
  ['JSON data in several lines', 'data: {\ndata:  "a": 1\ndata: }\n\n', [['{\n "a": 1\n}']]],
];

/** How a stream is split into segments. The events must not depend on it. */
const CHUNKINGS: readonly (readonly [how: string, split: (stream: Buffer) => Buffer[], maxLength: number])[] = [
  ['in one segment', (stream) => [stream], Number.POSITIVE_INFINITY],
  ['in segments of one octet', (stream) => splitEvery(stream, 1), 500],
  ['in segments of two octets', (stream) => splitEvery(stream, 2), 500],
  ['in segments of three octets', (stream) => splitEvery(stream, 3), 500],
  ['split at line endings', splitAtLineEndings, 500],
  ['in segments of 1000 octets', (stream) => splitEvery(stream, 1000), 200_000],
];

function splitEvery(stream: Buffer, size: number): Buffer[] {
  const count = Math.ceil(stream.length / size);
  return Array.from({ length: count }, (_, index) => stream.subarray(index * size, (index + 1) * size));
}

/** Splits before and after each CR and LF. */
function splitAtLineEndings(stream: Buffer): Buffer[] {
  const parts = stream.toString('latin1').split(/([\r\n])/);
  return parts.filter((part) => part !== '').map((part) => Buffer.from(part, 'latin1'));
}

function casesOf(group: string, section: string, rows: readonly Row[]): StreamClientCase[] {
  return rows.flatMap(([title, text, expected, start = RETRY], row) => {
    const stream = Buffer.concat([Buffer.from(start), Buffer.from(text as string)]);
    const expect = expected.map(
      ([data, lastEventId = '', type = 'message']): DispatchedEvent => ({ type, data, lastEventId, readyState: 1 }),
    );
    const types = [...new Set(expect.map(({ type }) => type))].filter((type) => type !== 'message');
    return CHUNKINGS.filter(([, , maxLength], index) => {
      return stream.length <= maxLength && (index !== CHUNKINGS.length - 1 || stream.length > 1000);
    }).map(([how, split], chunking) => ({
      id: `${group}.${row + 1}.${chunking + 1}`,
      title: `${title}, ${how}`,
      section,
      needsClient: false,
      responses: [{ chunks: split(stream) }],
      expect,
      types: types.length > 0 ? types : ['tick', 'tock', 'a', 'x'],
    }));
  });
}

/** 30 and 31: the parsing of event streams, WHATWG HTML §9.2.5 and §9.2.6. For clients and parsers. */
export const streamParsers: readonly StreamClientCase[] = [
  ...casesOf('30', 'HTML §9.2.5', lines),
  ...casesOf('31', 'HTML §9.2.6', fields),
];
