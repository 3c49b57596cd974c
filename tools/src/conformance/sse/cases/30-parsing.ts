import type { DispatchedEvent, StreamClientCase } from '../client-case.ts';

/** An expected event. Default: no last event ID, and the type `message`. */
type Expected = readonly [data: string, lastEventId?: string, type?: string];
type Row = readonly [title: string, stream: string | Buffer, expect: readonly Expected[], start?: string];

/** The start of each stream, unless a row has its own. It makes an EventSource reconnect at once. */
const RETRY = 'retry: 1\n\n';
const BOM = '\ufeff';

const utf8 = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** HTML §9.2.5: how a stream is split into lines. */
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
];

/** HTML §9.2.6: how lines are interpreted. */
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
];

/** How a stream is split into segments. The events must not depend on it. */
const CHUNKINGS: readonly (readonly [how: string, split: (stream: Buffer) => Buffer[], maxLength: number])[] = [
  ['in one segment', (stream) => [stream], Number.POSITIVE_INFINITY],
  ['in segments of one octet', (stream) => splitEvery(stream, 1), 500],
  ['in segments of two octets', (stream) => splitEvery(stream, 2), 500],
  ['in segments of three octets', (stream) => splitEvery(stream, 3), 500],
  ['split at line endings', splitAtLineEndings, 500],
  ['in segments of 1000 octets', (stream) => splitEvery(stream, 1000), Number.POSITIVE_INFINITY],
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
