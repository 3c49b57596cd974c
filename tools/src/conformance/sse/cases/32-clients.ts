import type { DispatchedEvent, ExpectedRequest, StreamClientCase, StreamResponse } from '../client-case.ts';

const OPENED: DispatchedEvent = { type: 'open', readyState: 1 };
/** The client has lost the connection, and will reconnect. */
const LOST: DispatchedEvent = { type: 'error', readyState: 0 };
/** The client has stopped for good. */
const CLOSED: DispatchedEvent = { type: 'error', readyState: 2 };
const message = (data: string, lastEventId = '', type = 'message'): DispatchedEvent => {
  return { type, data, lastEventId, readyState: 1 };
};

const RETRY = 'retry: 1\n\n';
const STREAM: StreamResponse = { chunks: [`${RETRY}data: a\n\n`] };
/** The first response of many cases. It shows whether the client reconnects after the second one. */
const FIRST: StreamResponse = { chunks: [`${RETRY}id: 1\ndata: first\n\n`] };
const FIRST_EVENTS = [OPENED, message('first', '1'), LOST];
const TWO_REQUESTS: readonly ExpectedRequest[] = [{ lastEventId: '' }, { lastEventId: '1' }];

interface Row {
  readonly title: string;
  readonly responses: readonly StreamResponse[];
  readonly expect: readonly DispatchedEvent[];
  readonly section?: string;
  readonly orExpect?: readonly DispatchedEvent[];
  readonly nonStrict?: readonly DispatchedEvent[];
  readonly requests?: readonly ExpectedRequest[];
  readonly redirectTarget?: readonly StreamResponse[];
  readonly minGap?: number;
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

const withFields = (fields: Readonly<Record<string, string>>, response: StreamResponse = STREAM): StreamResponse => {
  return { ...response, fields };
};
/** The events of `STREAM`, with 204 after it. */
const STREAM_EVENTS = [OPENED, message('a'), LOST, CLOSED];

const responses: readonly Row[] = [
  {
    title: 'A stream, then status 204',
    responses: [STREAM],
    expect: STREAM_EVENTS,
    requests: [{ lastEventId: '' }, { lastEventId: '' }],
  },
  { title: 'Status 204 at once', responses: [], expect: [CLOSED] },
  ...[201, 202, 203, 205, 206, 226, 299, 300, 304, 305, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504].map(
    (status): Row => ({
      title: `Status ${status}`,
      responses: [FIRST, { status, chunks: status === 304 || status === 205 ? [] : ['data: never\n\n'] }],
      expect: [...FIRST_EVENTS, CLOSED],
      requests: TWO_REQUESTS,
    }),
  ),
  { title: 'Status 100, then 200', responses: [{ ...STREAM, interim: 100 }], expect: STREAM_EVENTS },
  { title: 'Status 103, then 200', responses: [{ ...STREAM, interim: 103 }], expect: STREAM_EVENTS },
  ...['text/plain', 'text/event-streams', 'application/json', 'text/html', 'event-stream', ''].map(
    (type): Row => ({
      title: type === '' ? 'An empty Content-Type' : `Content-Type ${type}`,
      responses: [FIRST, withFields({ 'Content-Type': type }), STREAM],
      expect: [...FIRST_EVENTS, CLOSED],
      requests: TWO_REQUESTS,
    }),
  ),
  {
    title: 'No Content-Type',
    responses: [FIRST, withFields({}), STREAM],
    expect: [...FIRST_EVENTS, CLOSED],
    requests: TWO_REQUESTS,
  },
  ...['TEXT/Event-Stream', 'text/event-stream;charset=utf-8', 'text/event-stream ; foo="bar; baz"'].map(
    (type): Row => ({
      title: `Content-Type ${type}`,
      responses: [withFields({ 'Content-Type': type })],
      expect: STREAM_EVENTS,
    }),
  ),
  {
    title: 'Another charset, which does not change the decoding as UTF-8',
    responses: [
      withFields({ 'Content-Type': 'text/event-stream;charset=latin1' }, { chunks: [`${RETRY}data: ü\n\n`] }),
    ],
    expect: [OPENED, message('ü'), LOST, CLOSED],
    // The registration of text/event-stream allows no other charset.
    nonStrict: [CLOSED],
  },
  ...(['gzip', 'deflate', 'br'] as const).map(
    (coding): Row => ({
      title: `Compressed with ${coding}, if the client accepts it`,
      section: 'RFC 9110 §8.4',
      responses: [{ ...STREAM, coding }],
      expect: STREAM_EVENTS,
    }),
  ),
  {
    title: 'HTTP/1.0',
    section: 'RFC 9112 §2.3',
    responses: [{ raw: `HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n${RETRY}data: a\n\n` }],
    expect: STREAM_EVENTS,
  },
  {
    title: 'A Content-Length',
    section: 'RFC 9112 §6.3',
    responses: [withFields({ 'Content-Type': 'text/event-stream', 'Content-Length': '19' })],
    expect: STREAM_EVENTS,
  },
  {
    title: 'Chunk extensions',
    section: 'RFC 9112 §7.1.1',
    responses: [
      {
        raw: [
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n',
          'a;name="a;b"\r\nretry: 1\n\n\r\n9;x\r\ndata: a\n\n\r\n0\r\n',
          '',
        ].join('\r\n'),
      },
    ],
    expect: STREAM_EVENTS,
  },
  ...(
    [
      ['LF', '\n\n'],
      ['CRLF', '\r\n\r\n'],
      ['CR', '\r\r'],
    ] as const
  ).map(
    ([name, end]): Row => ({
      title: `An event is dispatched before the next one arrives: ${name}`,
      section: 'HTML §9.2.6',
      responses: [{ chunks: [`retry: 1${end}data: a${end}`, `data: b${end}`], pause: 400 }],
      expect: [OPENED, message('a'), message('b'), LOST, CLOSED],
      minGap: 400,
    }),
  ),
  {
    title: 'A compressed event is dispatched before the next one arrives',
    section: 'HTML §9.2.6',
    responses: [{ chunks: [`${RETRY}data: a\n\n`, 'data: b\n\n'], pause: 400, coding: 'gzip' }],
    expect: [OPENED, message('a'), message('b'), LOST, CLOSED],
    minGap: 400,
  },
  {
    title: "Events of the types 'open' and 'error' in a stream",
    section: 'HTML §9.2.6',
    responses: [{ chunks: [`${RETRY}event: open\ndata: a\n\nevent: error\ndata: b\n\n`] }],
    expect: [OPENED, message('a', '', 'open'), message('b', '', 'error'), LOST, CLOSED],
  },
];

/** A stream, after which the client must send this last event ID. */
function lastEventIdCase(title: string, stream: string, events: readonly DispatchedEvent[], lastEventId: string): Row {
  return {
    title,
    responses: [{ chunks: [RETRY, stream] }],
    expect: [OPENED, ...events, LOST, CLOSED],
    requests: [{ lastEventId: '' }, { lastEventId }],
  };
}

const reconnection: readonly Row[] = [
  lastEventIdCase('No Last-Event-ID without an id', 'data: a\n\n', [message('a')], ''),
  lastEventIdCase(
    'The last event ID is sent',
    'id: 1\ndata: a\n\nid: 2\ndata: b\n\n',
    [message('a', '1'), message('b', '2')],
    '2',
  ),
  lastEventIdCase('The id of an event without data is sent', 'id: 1\n\n', [], '1'),
  lastEventIdCase(
    'The id of an incomplete event is not sent',
    'id: 1\ndata: a\n\nid: 2\ndata: b\n',
    [message('a', '1')],
    '1',
  ),
  lastEventIdCase(
    'An id that was reset is not sent',
    'id: 1\ndata: a\n\nid\ndata: b\n\n',
    [message('a', '1'), message('b')],
    '',
  ),
  lastEventIdCase(
    'An id with NULL is not sent',
    'id: 1\ndata: a\n\nid: \0\ndata: b\n\n',
    [message('a', '1'), message('b', '1')],
    '1',
  ),
  lastEventIdCase(
    'An id outside Latin-1 is sent as UTF-8',
    'id: grüße 你好 😀\ndata: a\n\n',
    [message('a', 'grüße 你好 😀')],
    'grüße 你好 😀',
  ),
  lastEventIdCase('An id within Latin-1 is sent as UTF-8', 'id: ü\ndata: a\n\n', [message('a', 'ü')], 'ü'),
  lastEventIdCase(
    'An id with spaces, commas and quotes is sent',
    'id: a, "b"; c  d\ndata: a\n\n',
    [message('a', 'a, "b"; c  d')],
    'a, "b"; c  d',
  ),
  lastEventIdCase(
    'An id of 1000 characters is sent',
    `id: ${'9'.repeat(1000)}\ndata: a\n\n`,
    [message('a', '9'.repeat(1000))],
    '9'.repeat(1000),
  ),
  {
    title: 'The last event ID persists across connections',
    responses: [FIRST, { chunks: ['data: b\n\n'] }, { chunks: ['data: c\n\nid: 2\ndata: d\n\n'] }],
    expect: [
      ...FIRST_EVENTS,
      OPENED,
      message('b', '1'),
      LOST,
      OPENED,
      message('c', '1'),
      message('d', '2'),
      LOST,
      CLOSED,
    ],
    requests: [{ lastEventId: '' }, { lastEventId: '1' }, { lastEventId: '1' }, { lastEventId: '2' }],
  },
  {
    title: 'The client waits for the reconnection time',
    responses: [{ chunks: ['retry: 300\ndata: a\n\n'] }],
    expect: STREAM_EVENTS,
    requests: [{ lastEventId: '' }, { lastEventId: '', after: 300 }],
  },
  {
    title: 'The last reconnection time applies, and persists across connections',
    responses: [{ chunks: ['retry: 1\n\nretry: 300\n\ndata: a\n\n'] }, { chunks: ['data: b\n\n'] }],
    expect: [OPENED, message('a'), LOST, OPENED, message('b'), LOST, CLOSED],
    requests: [{ lastEventId: '' }, { lastEventId: '', after: 300 }, { lastEventId: '', after: 300 }],
  },
  {
    title: 'A reconnection time applies from the end of its line, before the end of its event',
    responses: [{ chunks: ['data: a\n\nretry: 300'] }, { chunks: ['retry: 300\ndata: b'] }].map(({ chunks }) => ({
      chunks: ['retry: 1\n', ...chunks],
    })),
    expect: [OPENED, message('a'), LOST, OPENED, LOST, CLOSED],
    requests: [{ lastEventId: '' }, { lastEventId: '' }, { lastEventId: '', after: 300 }],
  },
  {
    title: 'The type and data of an incomplete event are discarded',
    responses: [{ chunks: [`${RETRY}event: tick\ndata: a\n`] }, { chunks: ['data: b\n\n'] }],
    expect: [OPENED, LOST, OPENED, message('b'), LOST, CLOSED],
  },
  {
    title: 'An incomplete line is discarded',
    responses: [{ chunks: [`${RETRY}dat`] }, { chunks: ['a: b\n\ndata: c\n\n'] }],
    expect: [OPENED, LOST, OPENED, message('c'), LOST, CLOSED],
  },
  {
    title: 'An incomplete character is discarded',
    responses: [
      { chunks: [RETRY, 'data: ', Buffer.from([0xf0, 0x9f])] },
      { chunks: [Buffer.from([0x98, 0x80]), '\ndata: c\n\n'] },
    ],
    expect: [OPENED, LOST, OPENED, message('c'), LOST, CLOSED],
  },
  {
    title: 'A byte order mark at the beginning of the second stream',
    responses: [FIRST, { chunks: ['\ufeffdata: b\n\n'] }],
    expect: [...FIRST_EVENTS, OPENED, message('b', '1'), LOST, CLOSED],
  },
  {
    title: 'CR at the end of a stream, and LF at the beginning of the next',
    responses: [{ chunks: [`${RETRY}data: a\r\r`] }, { chunks: ['\n\ndata: b\n\n'] }],
    expect: [OPENED, message('a'), LOST, OPENED, message('b'), LOST, CLOSED],
  },
  {
    title: 'A connection that ends within an event',
    responses: [FIRST, { chunks: ['data: b\n\ndata: c'], ending: 'cut', pause: 50 }],
    expect: [...FIRST_EVENTS, OPENED, message('b', '1'), LOST, CLOSED],
    requests: [{ lastEventId: '' }, { lastEventId: '1' }, { lastEventId: '1' }],
  },
  {
    title: 'A connection that ends before the response',
    responses: [FIRST, { raw: '' }],
    expect: [...FIRST_EVENTS, LOST, CLOSED],
    requests: [{ lastEventId: '' }, { lastEventId: '1' }, { lastEventId: '1' }],
  },
  {
    title: 'Ten streams in a row',
    responses: Array.from({ length: 10 }, (_, index) => ({ chunks: [`${RETRY}id: ${index}\ndata: ${index}\n\n`] })),
    expect: [
      ...Array.from({ length: 10 }, (_, index) => [OPENED, message(`${index}`, `${index}`), LOST]).flat(),
      CLOSED,
    ],
    requests: Array.from({ length: 11 }, (_, index) => ({ lastEventId: index === 0 ? '' : `${index - 1}` })),
  },
  {
    title: 'An empty stream',
    responses: [FIRST, {}, { chunks: ['data: b\n\n'] }],
    expect: [...FIRST_EVENTS, OPENED, LOST, OPENED, message('b', '1'), LOST, CLOSED],
  },
];

/** HTML §9.2.3: after a network error, a client reconnects unless it knows that to be futile. */
const RECONNECTED = [...FIRST_EVENTS, LOST, CLOSED];
const TARGET = [{ chunks: [`${RETRY}data: there\n\n`] }];

const redirects: readonly Row[] = [
  ...[301, 302, 303, 307, 308].map(
    (status): Row => ({
      title: `A redirect with status ${status}`,
      responses: [{ status, location: 'THERE' }],
      redirectTarget: TARGET,
      expect: [OPENED, message('there'), LOST, CLOSED],
    }),
  ),
  {
    title: 'A redirect of a reconnection',
    responses: [FIRST, { status: 307, location: 'THERE' }],
    redirectTarget: TARGET,
    expect: [...FIRST_EVENTS, OPENED, message('there', '1'), LOST, CLOSED],
  },
  {
    title: 'A redirect to an absolute URL',
    responses: [{ status: 302, location: 'ORIGINTHERE' }],
    redirectTarget: TARGET,
    expect: [OPENED, message('there'), LOST, CLOSED],
  },
  {
    title: 'A redirect to another origin, which becomes the origin of the events',
    responses: [{ status: 302, location: 'OTHERTHERE' }],
    redirectTarget: TARGET,
    expect: [OPENED, { ...message('there'), origin: 'OTHER' }, LOST, CLOSED],
  },
  {
    title: 'A redirect to status 404',
    responses: [{ status: 302, location: 'THERE' }],
    redirectTarget: [{ status: 404 }],
    expect: [CLOSED],
  },
  {
    title: 'A redirect without a Location',
    responses: [FIRST, { status: 302, chunks: ['data: never\n\n'] }],
    expect: [...FIRST_EVENTS, CLOSED],
  },
  {
    title: 'A redirect to an invalid URL',
    responses: [FIRST, { status: 302, location: 'http://' }],
    expect: [...FIRST_EVENTS, CLOSED],
    orExpect: RECONNECTED,
  },
  {
    title: 'A redirect to another scheme',
    responses: [FIRST, { status: 302, location: 'ftp://127.0.0.1/' }],
    expect: [...FIRST_EVENTS, CLOSED],
    orExpect: RECONNECTED,
  },
  {
    title: 'Endless redirects',
    responses: [FIRST, ...Array.from({ length: 30 }, () => ({ status: 302, location: 'HERE' }))],
    expect: [...FIRST_EVENTS, CLOSED],
    orExpect: RECONNECTED,
  },
];

/** 32 to 34: event-stream clients, WHATWG HTML §9.2.3 and §9.2.4. */
export const streamClients: readonly StreamClientCase[] = [
  ...casesOf('32.1', 'HTML §9.2.3', responses),
  ...casesOf('33.1', 'HTML §9.2.3 and §9.2.4', reconnection),
  ...casesOf('34.1', 'HTML §9.2.3', redirects),
];
