import type { DispatchedEvent, StreamClientCase } from '../client-case.ts';

/** What an event is to be: its data, the last event ID (default: none), its type (default: `message`). */
type Expected = readonly [data: string, lastEventId?: string, type?: string];
type Row = readonly [title: string, stream: string | Buffer, expect: readonly Expected[], begin?: string];

/** An EventSource is to ask again at once. It has no part in what is tested, unless a row does without. */
const RETRY = 'retry: 1\n\n';
const BOM = '\ufeff';

const utf8 = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** HTML §9.2.5: how lines are found. */
const lines: readonly Row[] = [
  ['LF', 'data: a\n\ndata: b\n\n', [['a'], ['b']]],
  ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', [['a'], ['b']]],
  ['CR', 'data: a\r\rdata: b\r\r', [['a'], ['b']]],
  ['LF, CRLF and CR mixed', 'data: a\r\n\ndata: b\n\rdata: c\r\r\ndata: d\n\r\n', [['a'], ['b'], ['c'], ['d']]],
  ['CRLF is one end of line', 'data: a\r\ndata: b\r\n\r\n', [['a\nb']]],
  ['LF and CR are two', 'data: a\n\rdata: b\n\n', [['a'], ['b']]],
  ['CR within a line ends it', 'data: a\rdata: b\n\n', [['a\nb']]],
  ['More empty lines than one', 'data: a\n\n\n\n\ndata: b\n\n\n', [['a'], ['b']]],
  ['Empty lines at the beginning', '\n\n\r\r\r\ndata: a\n\n', [['a']]],
  [
    'Characters that end lines elsewhere',
    'data: a\u2028b\u2029c\u0085d\x0be\x0cf\n\n',
    [['a\u2028b\u2029c\u0085d\x0be\x0cf']],
  ],
  ['NULL and other control characters', 'data: a\0b\x01c\x7fd\te\n\n', [['a\0b\x01c\x7fd\te']]],
  ['A byte order mark', `${RETRY}data: a\n\n`, [['a']], BOM],
  ['A byte order mark, and the first field', 'data: a\nretry: 1\n\n', [['a']], BOM],
  ['Two byte order marks: one goes', 'data: no field\nretry: 1\n\ndata: a\n\n', [['a']], BOM + BOM],
  ['A byte order mark that is not the first', `${BOM}data: no field\n\ndata: a\n\n`, [['a']]],
  ['A byte order mark within data stays', `data: ${BOM}a${BOM}\n\n`, [[`${BOM}a${BOM}`]]],
  ['An octet of a byte order mark', utf8([0xef], '\ndata: a\n\n'), [['a']]],
  ['Characters of two, three and four octets', 'data: ü你😀\nevent: é\nid: 語\n\n', [['ü你😀', '語', 'é']]],
  ['Octets that are no UTF-8', utf8('data: a', [0xff], 'b', [0xc3], '(c\n\n'), [['a\ufffdb\ufffd(c']]],
  ['Overlong forms and surrogates', utf8('data: ', [0xc0, 0x80, 0xed, 0xa0, 0x80], '\n\n'), [['\ufffd'.repeat(5)]]],
  ['A character that a line end cuts', utf8('data: ', [0xf0, 0x9f, 0x98], '\ndata: b\n\n'), [['\ufffd\nb']]],
  ['Code points past U+10FFFF', utf8('data: ', [0xf4, 0x90, 0x80, 0x80], '\n\n'), [['\ufffd'.repeat(4)]]],
  ['Noncharacters', 'data: \uffff\ufffe\u{1fffe}\n\n', [['\uffff\ufffe\u{1fffe}']]],
  ['A line of 100,000 characters', `data: ${'x'.repeat(100_000)}\n\n`, [['x'.repeat(100_000)]]],
  ['1000 lines of data', `${'data: x\n'.repeat(1000)}\n`, [[Array(1000).fill('x').join('\n')]]],
  ['500 events', 'data: x\n\n'.repeat(500), Array(500).fill(['x'])],
  ['A field name of 10,000 characters', `${'n'.repeat(10_000)}: a\ndata: b\n\n`, [['b']]],
  ['A comment of 100,000 characters', `:${'c'.repeat(100_000)}\ndata: b\n\n`, [['b']]],
  ['An empty stream', '', []],
  ['One comment', ':', []],
];

/** HTML §9.2.6: what lines mean. */
const fields: readonly Row[] = [
  ['Data in one line', 'data: a\n\n', [['a']]],
  ['Data in several lines', 'data: a\ndata: b\ndata: c\n\n', [['a\nb\nc']]],
  ['Without a space behind the colon', 'data:a\ndata: a\n\n', [['a\na']]],
  ['Only one space goes', 'data:  a\ndata:   b \n\n', [[' a\n  b ']]],
  ['A tab behind the colon stays', 'data:\ta\n\n', [['\ta']]],
  ['A colon within the value', 'data: a:b: c\ndata:: d\n\n', [['a:b: c\n: d']]],
  ['A field without a colon', 'data\n\ndata: a\ndata\n\n', [[''], ['a\n']]],
  ['Two fields without a value', 'data\ndata\n\n', [['\n']]],
  ['An empty value', 'data:\n\ndata: \n\n', [[''], ['']]],
  ['An empty line without data', 'event: a\n\nid: 1\n\ndata: b\n\n', [['b', '1']]],
  ['A space before the colon', 'data : a\ndata: b\n\n', [['b']]],
  ['A space before the name', ' data: a\ndata: b\n\n', [['b']]],
  ['A tab before the name', '\tdata: a\ndata: b\n\n', [['b']]],
  ['Names in other letters', 'Data: a\nDATA: b\ndata: c\nID: 1\nEvent: x\n\n', [['c']]],
  ['Unknown fields', 'foo: a\ndatum: b\ndataa: c\ndat: d\nbar\ndata: e\n\n', [['e']]],
  ['A name that is longer by NULL', 'data\0: a\ndata: b\n\n', [['b']]],
  ['Comments', ': a\n:b\n:\ndata: c\n: data: d\n:data: e\n\n:\n\n', [['c']]],
  ['A comment within an event', 'data: a\n:\ndata: b\n\n', [['a\nb']]],
  ['A type', 'event: tick\ndata: a\n\ndata: b\n\n', [['a', '', 'tick'], ['b']]],
  ['A type behind the data', 'data: a\nevent: tick\n\n', [['a', '', 'tick']]],
  ['The last of two types', 'event: tock\nevent: tick\ndata: a\n\n', [['a', '', 'tick']]],
  ['An empty type is message', 'event: tick\nevent:\ndata: a\n\nevent\ndata: b\n\n', [['a'], ['b']]],
  ['The type message', 'event: message\ndata: a\n\n', [['a']]],
  ['A type with a space before it', 'event:  tick\ndata: a\n\n', [['a', '', ' tick']]],
  ['A type of an event without data goes', 'event: tick\n\ndata: a\n\n', [['a']]],
  [
    'A type in other letters is another type',
    'event: Tick\ndata: a\n\nevent: tick\ndata: b\n\n',
    [
      ['a', '', 'Tick'],
      ['b', '', 'tick'],
    ],
  ],
  ['An id', 'id: 1\ndata: a\n\n', [['a', '1']]],
  [
    'An id stays',
    'id: 1\ndata: a\n\ndata: b\n\n',
    [
      ['a', '1'],
      ['b', '1'],
    ],
  ],
  ['An id behind the data', 'data: a\nid: 1\n\n', [['a', '1']]],
  ['The last of two ids', 'id: 1\nid: 2\ndata: a\n\n', [['a', '2']]],
  [
    'An id that is taken away',
    'id: 1\ndata: a\n\nid\ndata: b\n\nid: 2\ndata: c\n\nid:\ndata: d\n\n',
    [['a', '1'], ['b'], ['c', '2'], ['d']],
  ],
  ['An id of an event without data stays', 'id: 1\n\ndata: a\n\n', [['a', '1']]],
  [
    'An id with NULL is ignored',
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
    'Reconnection times that are none',
    'retry: 99999999x\nretry: -99999\nretry: 1e9\nretry: +99999\nretry\nretry:\nretry: ٣٣٣٣٣\ndata: a\n\n',
    [['a']],
  ],
  ['A reconnection time is no event', 'retry: 1\n\nretry: 2\ndata: a\n\n', [['a']]],
  ['An event that does not end', 'data: a\n\ndata: b\n', [['a']]],
  ['A line that does not end', 'data: a\n\ndata: b', [['a']]],
  ['The end behind one end of line', 'data: a\n', []],
  ['The end within CRLF', 'data: a\r\n\r', [['a']]],
  ['Data like those of JSON', 'data: {"a": "b\\n", "c": [1, 2]}\n\n', [['{"a": "b\\n", "c": [1, 2]}']]],
  [
    'Types that objects have',
    'event: __proto__\ndata: a\n\nevent: constructor\ndata: b\n\n',
    [
      ['a', '', '__proto__'],
      ['b', '', 'constructor'],
    ],
  ],
];

/** How a stream is cut into segments: a client may see no difference. */
const CHUNKINGS: readonly (readonly [how: string, cut: (stream: Buffer) => Buffer[], maxLength: number])[] = [
  ['in one', (stream) => [stream], Number.POSITIVE_INFINITY],
  ['octet by octet', (stream) => cutEvery(stream, 1), 500],
  ['in twos', (stream) => cutEvery(stream, 2), 500],
  ['in threes', (stream) => cutEvery(stream, 3), 500],
  ['at the ends of lines', cutAtEnds, 500],
  ['in segments of 1000', (stream) => cutEvery(stream, 1000), Number.POSITIVE_INFINITY],
];

function cutEvery(stream: Buffer, size: number): Buffer[] {
  const count = Math.ceil(stream.length / size);
  return Array.from({ length: count }, (_, index) => stream.subarray(index * size, (index + 1) * size));
}

/** Before and behind each CR and LF. */
function cutAtEnds(stream: Buffer): Buffer[] {
  const parts = stream.toString('latin1').split(/([\r\n])/);
  return parts.filter((part) => part !== '').map((part) => Buffer.from(part, 'latin1'));
}

function casesOf(group: string, section: string, rows: readonly Row[]): StreamClientCase[] {
  return rows.flatMap(([title, text, expected, begin = RETRY], row) => {
    const stream = Buffer.concat([Buffer.from(begin), Buffer.from(text as string)]);
    const expect = expected.map(
      ([data, lastEventId = '', type = 'message']): DispatchedEvent => ({ type, data, lastEventId, readyState: 1 }),
    );
    const types = [...new Set(expect.map(({ type }) => type))].filter((type) => type !== 'message');
    return CHUNKINGS.filter(([, , maxLength], index) => {
      return stream.length <= maxLength && (index !== CHUNKINGS.length - 1 || stream.length > 1000);
    }).map(([how, cut], chunking) => ({
      id: `${group}.${row + 1}.${chunking + 1}`,
      title: `${title}, ${how}`,
      section,
      needsClient: false,
      answers: [{ chunks: cut(stream) }],
      expect,
      types: types.length > 0 ? types : ['tick', 'tock', 'a', 'x'],
    }));
  });
}

/** 30 and 31: parsers of event streams, whole clients or not: HTML §9.2.5 and §9.2.6. */
export const streamParsers: readonly StreamClientCase[] = [
  ...casesOf('30', 'HTML §9.2.5', lines),
  ...casesOf('31', 'HTML §9.2.6', fields),
];
