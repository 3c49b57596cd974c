import type { StreamClientCase, StreamResponse } from '../client-case.ts';
import {
  CLOSED,
  casesOf,
  FIRST,
  FIRST_EVENTS,
  LOST,
  message,
  OPENED,
  RETRY,
  type Row,
  STREAM,
  STREAM_EVENTS,
  TWO_REQUESTS,
} from './client-rows.ts';

const withFields = (fields: Readonly<Record<string, string>>, response: StreamResponse = STREAM): StreamResponse => {
  return { ...response, fields };
};

const LONG = 'x'.repeat(64 * 1024);

/** New rows are added at the end: the number of a case never changes. */
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
  {
    title: 'Content-Type text/event-stream; with nothing after the semicolon',
    responses: [withFields({ 'Content-Type': 'text/event-stream;' })],
    expect: STREAM_EVENTS,
  },
  {
    title: 'Content-Type text/event-stream, text/html',
    responses: [FIRST, withFields({ 'Content-Type': 'text/event-stream, text/html' }), STREAM],
    expect: [...FIRST_EVENTS, CLOSED],
    requests: TWO_REQUESTS,
  },
  {
    title: 'The origin of events is that of the request',
    section: 'HTML §9.2.6',
    responses: [STREAM],
    expect: [OPENED, { ...message('a'), origin: 'SAME' }, LOST, CLOSED],
  },
  {
    title: 'An event of 64 KiB is dispatched before the next one arrives',
    section: 'HTML §9.2.6',
    responses: [{ chunks: [`${RETRY}data: ${LONG}\n\n`, 'data: b\n\n'], pause: 400 }],
    expect: [OPENED, message(LONG), message('b'), LOST, CLOSED],
    minGap: 400,
  },
  {
    // Brotli stores short content as it is.
    title: 'Repetitive data, compressed with br if the client accepts it',
    section: 'RFC 9110 §8.4',
    responses: [{ chunks: [`${RETRY}data: ${LONG}\n\n`], coding: 'br' }],
    expect: [OPENED, message(LONG), LOST, CLOSED],
  },
  {
    title: 'The requests have the method GET, Accept and Cache-Control',
    responses: [STREAM],
    expect: STREAM_EVENTS,
    judgesFields: true,
  },
];

/** 32: what a client does with a response, WHATWG HTML §9.2.3. */
export const streamClientResponses: readonly StreamClientCase[] = casesOf('32.1', 'HTML §9.2.3', responses);
