import type { DispatchedEvent, ExpectedRequest, StreamAnswer, StreamClientCase } from '../client-case.ts';

const OPENED: DispatchedEvent = { type: 'open', readyState: 1 };
/** The connection is lost, and will be made again. */
const LOST: DispatchedEvent = { type: 'error', readyState: 0 };
/** It is over, for good. */
const OVER: DispatchedEvent = { type: 'error', readyState: 2 };
const message = (data: string, lastEventId = '', type = 'message'): DispatchedEvent => {
  return { type, data, lastEventId, readyState: 1 };
};

const RETRY = 'retry: 1\n\n';
const STREAM: StreamAnswer = { chunks: [`${RETRY}data: a\n\n`] };
/** Comes before what is tested, so that it is seen whether the client goes on. */
const FIRST: StreamAnswer = { chunks: [`${RETRY}id: 1\ndata: first\n\n`] };
const BEGUN = [OPENED, message('first', '1'), LOST];
const ASKED_TWICE: readonly ExpectedRequest[] = [{ lastEventId: '' }, { lastEventId: '1' }];

interface Row {
  readonly title: string;
  readonly answers: readonly StreamAnswer[];
  readonly expect: readonly DispatchedEvent[];
  readonly section?: string;
  readonly orExpect?: readonly DispatchedEvent[];
  readonly nonStrict?: readonly DispatchedEvent[];
  readonly requests?: readonly ExpectedRequest[];
  readonly there?: readonly StreamAnswer[];
  readonly apart?: number;
  readonly types?: readonly string[];
}

function casesOf(group: string, section: string, rows: readonly Row[]): StreamClientCase[] {
  return rows.map((row, index) => ({
    id: `${group}.${index + 1}`,
    section,
    needsClient: true,
    types: ['tick', 'tock'],
    ...row,
  }));
}

const textStream = (fields: Readonly<Record<string, string>>, answer: StreamAnswer = STREAM): StreamAnswer => {
  return { ...answer, fields };
};
/** What is said of a stream that is answered with 204 afterwards. */
const ONCE = [OPENED, message('a'), LOST, OVER];

const responses: readonly Row[] = [
  {
    title: 'A stream, and then the status 204',
    answers: [STREAM],
    expect: ONCE,
    requests: [{ lastEventId: '' }, { lastEventId: '' }],
  },
  { title: 'The status 204 at once', answers: [], expect: [OVER] },
  ...[201, 202, 203, 205, 206, 226, 299, 300, 304, 305, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504].map(
    (status): Row => ({
      title: `The status ${status}`,
      answers: [FIRST, { status, chunks: status === 304 || status === 205 ? [] : ['data: never\n\n'] }],
      expect: [...BEGUN, OVER],
      requests: ASKED_TWICE,
    }),
  ),
  { title: 'The status 100, and then 200', answers: [{ ...STREAM, interim: 100 }], expect: ONCE },
  { title: 'The status 103, and then 200', answers: [{ ...STREAM, interim: 103 }], expect: ONCE },
  ...['text/plain', 'text/event-streams', 'application/json', 'text/html', 'event-stream', ''].map(
    (type): Row => ({
      title: type === '' ? 'An empty type' : `The type ${type}`,
      answers: [FIRST, textStream({ 'Content-Type': type }), STREAM],
      expect: [...BEGUN, OVER],
      requests: ASKED_TWICE,
    }),
  ),
  { title: 'No type', answers: [FIRST, textStream({}), STREAM], expect: [...BEGUN, OVER], requests: ASKED_TWICE },
  ...['TEXT/Event-Stream', 'text/event-stream;charset=utf-8', 'text/event-stream ; foo="bar; baz"'].map(
    (type): Row => ({ title: `The type ${type}`, answers: [textStream({ 'Content-Type': type })], expect: ONCE }),
  ),
  {
    title: 'Another charset: it is UTF-8 all the same',
    answers: [textStream({ 'Content-Type': 'text/event-stream;charset=latin1' }, { chunks: [`${RETRY}data: ü\n\n`] })],
    expect: [OPENED, message('ü'), LOST, OVER],
    // The type's registration has no other charset.
    nonStrict: [OVER],
  },
  ...(['gzip', 'deflate', 'br'] as const).map(
    (coding): Row => ({
      title: `Compressed with ${coding}, if the client takes it`,
      section: 'RFC 9110 §8.4',
      answers: [{ ...STREAM, coding }],
      expect: ONCE,
    }),
  ),
  {
    title: 'HTTP/1.0',
    section: 'RFC 9112 §2.3',
    answers: [{ raw: `HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n${RETRY}data: a\n\n` }],
    expect: ONCE,
  },
  {
    title: 'A Content-Length',
    section: 'RFC 9112 §6.3',
    answers: [textStream({ 'Content-Type': 'text/event-stream', 'Content-Length': '19' })],
    expect: ONCE,
  },
  {
    title: 'Chunks with extensions',
    section: 'RFC 9112 §7.1.1',
    answers: [
      {
        raw: [
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n',
          'a;name="a;b"\r\nretry: 1\n\n\r\n9;x\r\ndata: a\n\n\r\n0\r\n',
          '',
        ].join('\r\n'),
      },
    ],
    expect: ONCE,
  },
  ...(
    [
      ['LF', '\n\n'],
      ['CRLF', '\r\n\r\n'],
      ['CR', '\r\r'],
    ] as const
  ).map(
    ([name, end]): Row => ({
      title: `An event is dispatched at once, and not with the next: ${name}`,
      section: 'HTML §9.2.6',
      answers: [{ chunks: [`retry: 1${end}data: a${end}`, `data: b${end}`], pause: 400 }],
      expect: [OPENED, message('a'), message('b'), LOST, OVER],
      apart: 400,
    }),
  ),
  {
    title: 'A compressed event is dispatched at once',
    section: 'HTML §9.2.6',
    answers: [{ chunks: [`${RETRY}data: a\n\n`, 'data: b\n\n'], pause: 400, coding: 'gzip' }],
    expect: [OPENED, message('a'), message('b'), LOST, OVER],
    apart: 400,
  },
  {
    title: "The events 'open' and 'error' of a stream have data",
    section: 'HTML §9.2.6',
    answers: [{ chunks: [`${RETRY}event: open\ndata: a\n\nevent: error\ndata: b\n\n`] }],
    expect: [OPENED, message('a', '', 'open'), message('b', '', 'error'), LOST, OVER],
  },
];

/** The stream, and the requests with that last event ID behind it. */
function remembers(title: string, stream: string, events: readonly DispatchedEvent[], lastEventId: string): Row {
  return {
    title,
    answers: [{ chunks: [RETRY, stream] }],
    expect: [OPENED, ...events, LOST, OVER],
    requests: [{ lastEventId: '' }, { lastEventId }],
  };
}

const reconnection: readonly Row[] = [
  remembers('Without an id, no Last-Event-ID', 'data: a\n\n', [message('a')], ''),
  remembers(
    'The last event ID is sent',
    'id: 1\ndata: a\n\nid: 2\ndata: b\n\n',
    [message('a', '1'), message('b', '2')],
    '2',
  ),
  remembers('That of an event without data, too', 'id: 1\n\n', [], '1'),
  remembers(
    'That of an event that does not end is not',
    'id: 1\ndata: a\n\nid: 2\ndata: b\n',
    [message('a', '1')],
    '1',
  ),
  remembers(
    'One that was taken away is not',
    'id: 1\ndata: a\n\nid\ndata: b\n\n',
    [message('a', '1'), message('b')],
    '',
  ),
  remembers(
    'One with NULL is not',
    'id: 1\ndata: a\n\nid: \0\ndata: b\n\n',
    [message('a', '1'), message('b', '1')],
    '1',
  ),
  remembers(
    'One outside Latin-1 is sent as UTF-8',
    'id: grüße 你好 😀\ndata: a\n\n',
    [message('a', 'grüße 你好 😀')],
    'grüße 你好 😀',
  ),
  remembers('One within Latin-1 is sent as UTF-8', 'id: ü\ndata: a\n\n', [message('a', 'ü')], 'ü'),
  remembers(
    'One with spaces between, commas and quotes',
    'id: a, "b"; c  d\ndata: a\n\n',
    [message('a', 'a, "b"; c  d')],
    'a, "b"; c  d',
  ),
  remembers(
    'One of 1000 characters',
    `id: ${'9'.repeat(1000)}\ndata: a\n\n`,
    [message('a', '9'.repeat(1000))],
    '9'.repeat(1000),
  ),
  {
    title: 'It stays over connections',
    answers: [FIRST, { chunks: ['data: b\n\n'] }, { chunks: ['data: c\n\nid: 2\ndata: d\n\n'] }],
    expect: [...BEGUN, OPENED, message('b', '1'), LOST, OPENED, message('c', '1'), message('d', '2'), LOST, OVER],
    requests: [{ lastEventId: '' }, { lastEventId: '1' }, { lastEventId: '1' }, { lastEventId: '2' }],
  },
  {
    title: 'The reconnection time is kept',
    answers: [{ chunks: ['retry: 300\ndata: a\n\n'] }],
    expect: ONCE,
    requests: [{ lastEventId: '' }, { lastEventId: '', after: 300 }],
  },
  {
    title: 'It stays over connections, and the last one counts',
    answers: [{ chunks: ['retry: 1\n\nretry: 300\n\ndata: a\n\n'] }, { chunks: ['data: b\n\n'] }],
    expect: [OPENED, message('a'), LOST, OPENED, message('b'), LOST, OVER],
    requests: [{ lastEventId: '' }, { lastEventId: '', after: 300 }, { lastEventId: '', after: 300 }],
  },
  {
    title: 'It counts from its line on, and not from the end of the event',
    answers: [{ chunks: ['data: a\n\nretry: 300'] }, { chunks: ['retry: 300\ndata: b'] }].map(({ chunks }) => ({
      chunks: ['retry: 1\n', ...chunks],
    })),
    expect: [OPENED, message('a'), LOST, OPENED, LOST, OVER],
    requests: [{ lastEventId: '' }, { lastEventId: '' }, { lastEventId: '', after: 300 }],
  },
  {
    title: 'A type, and data, of an event that did not end are gone',
    answers: [{ chunks: [`${RETRY}event: tick\ndata: a\n`] }, { chunks: ['data: b\n\n'] }],
    expect: [OPENED, LOST, OPENED, message('b'), LOST, OVER],
  },
  {
    title: 'Half a line is gone',
    answers: [{ chunks: [`${RETRY}dat`] }, { chunks: ['a: b\n\ndata: c\n\n'] }],
    expect: [OPENED, LOST, OPENED, message('c'), LOST, OVER],
  },
  {
    title: 'Half a character is gone',
    answers: [
      { chunks: [RETRY, 'data: ', Buffer.from([0xf0, 0x9f])] },
      { chunks: [Buffer.from([0x98, 0x80]), '\ndata: c\n\n'] },
    ],
    expect: [OPENED, LOST, OPENED, message('c'), LOST, OVER],
  },
  {
    title: 'A byte order mark of the second stream',
    answers: [FIRST, { chunks: ['\ufeffdata: b\n\n'] }],
    expect: [...BEGUN, OPENED, message('b', '1'), LOST, OVER],
  },
  {
    title: 'CR at the end of a stream, and LF at the beginning of the next',
    answers: [{ chunks: [`${RETRY}data: a\r\r`] }, { chunks: ['\n\ndata: b\n\n'] }],
    expect: [OPENED, message('a'), LOST, OPENED, message('b'), LOST, OVER],
  },
  {
    title: 'A connection that is cut within an event',
    answers: [FIRST, { chunks: ['data: b\n\ndata: c'], ending: 'cut', pause: 50 }],
    expect: [...BEGUN, OPENED, message('b', '1'), LOST, OVER],
    requests: [{ lastEventId: '' }, { lastEventId: '1' }, { lastEventId: '1' }],
  },
  {
    title: 'A connection that is cut before the response',
    answers: [FIRST, { raw: '' }],
    expect: [...BEGUN, LOST, OVER],
    requests: [{ lastEventId: '' }, { lastEventId: '1' }, { lastEventId: '1' }],
  },
  {
    title: 'Ten streams, one after the other',
    answers: Array.from({ length: 10 }, (_, index) => ({ chunks: [`${RETRY}id: ${index}\ndata: ${index}\n\n`] })),
    expect: [...Array.from({ length: 10 }, (_, index) => [OPENED, message(`${index}`, `${index}`), LOST]).flat(), OVER],
    requests: Array.from({ length: 11 }, (_, index) => ({ lastEventId: index === 0 ? '' : `${index - 1}` })),
  },
  {
    title: 'An empty stream is one, too',
    answers: [FIRST, {}, { chunks: ['data: b\n\n'] }],
    expect: [...BEGUN, OPENED, LOST, OPENED, message('b', '1'), LOST, OVER],
  },
];

/** §9.2.3: a client may know that it is futile to ask again after a network error, and need not. */
const AGAIN = [...BEGUN, LOST, OVER];
const THERE = [{ chunks: [`${RETRY}data: there\n\n`] }];

const redirects: readonly Row[] = [
  ...[301, 302, 303, 307, 308].map(
    (status): Row => ({
      title: `A redirect with ${status}`,
      answers: [{ status, location: 'THERE' }],
      there: THERE,
      expect: [OPENED, message('there'), LOST, OVER],
    }),
  ),
  {
    title: 'A redirect upon reconnection',
    answers: [FIRST, { status: 307, location: 'THERE' }],
    there: THERE,
    expect: [...BEGUN, OPENED, message('there', '1'), LOST, OVER],
  },
  {
    title: 'A redirect to a whole URL',
    answers: [{ status: 302, location: 'ORIGINTHERE' }],
    there: THERE,
    expect: [OPENED, message('there'), LOST, OVER],
  },
  {
    title: 'A redirect to another origin: events are of that one',
    answers: [{ status: 302, location: 'OTHERTHERE' }],
    there: THERE,
    expect: [OPENED, { ...message('there'), origin: 'OTHER' }, LOST, OVER],
  },
  {
    title: 'A redirect to 404',
    answers: [{ status: 302, location: 'THERE' }],
    there: [{ status: 404 }],
    expect: [OVER],
  },
  {
    title: 'A redirect without a Location',
    answers: [FIRST, { status: 302, chunks: ['data: never\n\n'] }],
    expect: [...BEGUN, OVER],
  },
  {
    title: 'A redirect to what is no URL',
    answers: [FIRST, { status: 302, location: 'http://' }],
    expect: [...BEGUN, OVER],
    orExpect: AGAIN,
  },
  {
    title: 'A redirect to another scheme',
    answers: [FIRST, { status: 302, location: 'ftp://127.0.0.1/' }],
    expect: [...BEGUN, OVER],
    orExpect: AGAIN,
  },
  {
    title: 'Redirects without end',
    answers: [FIRST, ...Array.from({ length: 30 }, () => ({ status: 302, location: 'HERE' }))],
    expect: [...BEGUN, OVER],
    orExpect: AGAIN,
  },
];

/** 32 to 34: clients of event streams, HTML §9.2.3 and §9.2.4. */
export const streamClients: readonly StreamClientCase[] = [
  ...casesOf('32.1', 'HTML §9.2.3', responses),
  ...casesOf('33.1', 'HTML §9.2.3 and §9.2.4', reconnection),
  ...casesOf('34.1', 'HTML §9.2.3', redirects),
];
