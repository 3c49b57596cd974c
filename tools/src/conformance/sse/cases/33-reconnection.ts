import type { DispatchedEvent, StreamClientCase } from '../client-case.ts';
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
  STREAM_EVENTS,
} from './client-rows.ts';

/** A stream, after which the client must send this last event ID. */
function lastEventIdCase(title: string, stream: string, events: readonly DispatchedEvent[], lastEventId: string): Row {
  return {
    title,
    responses: [{ chunks: [RETRY, stream] }],
    expect: [OPENED, ...events, LOST, CLOSED],
    requests: [{ lastEventId: '' }, { lastEventId }],
  };
}

/** A stream with these reconnection times, of which the last valid one is in effect. */
function waitCase(title: string, times: string, milliseconds = 300): Row {
  return {
    title,
    section: 'HTML §9.2.6',
    responses: [{ chunks: [`${times}data: a\n\n`] }],
    expect: STREAM_EVENTS,
    requests: [{ lastEventId: '' }, { lastEventId: '', after: milliseconds }],
  };
}

/** A second response that breaks within its content, after an event. */
function brokenCase(title: string, section: string, raw: string): Row {
  return {
    title,
    section,
    responses: [FIRST, { raw: `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n${raw}` }],
    expect: [...FIRST_EVENTS, OPENED, message('b', '1'), LOST, CLOSED],
    requests: THREE_REQUESTS,
  };
}

const THREE_REQUESTS = [{ lastEventId: '' }, { lastEventId: '1' }, { lastEventId: '1' }];

/** New rows are added at the end: the number of a case never changes. */
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
  lastEventIdCase(
    'The last event ID is sent after events without an id',
    'id: 1\ndata: a\n\ndata: b\n\n: c\n\n',
    [message('a', '1'), message('b', '1')],
    '1',
  ),
  {
    title: 'An id that was reset stays reset across connections',
    responses: [{ chunks: [RETRY, 'id: 1\ndata: a\n\nid:\ndata: b\n\n'] }, { chunks: ['data: c\n\n'] }],
    expect: [OPENED, message('a', '1'), message('b'), LOST, OPENED, message('c'), LOST, CLOSED],
    requests: [{ lastEventId: '' }, { lastEventId: '' }, { lastEventId: '' }],
  },
  waitCase(
    'An invalid reconnection time does not replace a valid one',
    'retry: 300\nretry: 1x\nretry: -1\nretry: +1\nretry: 1.0\nretry: 1e0\nretry: 0x1\nretry:  1\nretry: 1 \n',
  ),
  waitCase('An empty reconnection time does not replace a valid one', 'retry: 300\nretry\nretry:\nretry: \n'),
  waitCase('A reconnection time with leading zeros is decimal', 'retry: 0001000\n', 1000),
  {
    title: 'A reconnection time of zero',
    section: 'HTML §9.2.6',
    responses: [{ chunks: ['retry: 0\ndata: a\n\n'] }],
    expect: STREAM_EVENTS,
    requests: [{ lastEventId: '' }, { lastEventId: '' }],
  },
  {
    title: 'A connection that ends after the head of the response',
    responses: [FIRST, { ending: 'cut', pause: 50 }],
    expect: [...FIRST_EVENTS, OPENED, LOST, CLOSED],
    requests: THREE_REQUESTS,
  },
  brokenCase(
    'A connection that ends before its Content-Length',
    'RFC 9112 §8',
    'Content-Length: 1000\r\n\r\ndata: b\n\ndata: c',
  ),
  brokenCase(
    'A connection that ends within a chunk',
    'RFC 9112 §8',
    'Transfer-Encoding: chunked\r\n\r\n9\r\ndata: b\n\n\r\nff\r\ndata: c',
  ),
  {
    title: 'Three connections that end before the response',
    responses: [FIRST, { raw: '' }, { raw: '' }, { raw: '' }, { chunks: ['data: b\n\n'] }],
    expect: [...FIRST_EVENTS, LOST, LOST, LOST, OPENED, message('b', '1'), LOST, CLOSED],
  },
];

/** 33: how a client reconnects, WHATWG HTML §9.2.3 and §9.2.4. */
export const streamReconnection: readonly StreamClientCase[] = casesOf('33.1', 'HTML §9.2.3 and §9.2.4', reconnection);
