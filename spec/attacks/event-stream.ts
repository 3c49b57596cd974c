import { gzipBomb } from '../support/bomb.ts';
import { DEFAULT_BOUND, RESET, type ServerAttack, type SourceAttack, type StreamAttack } from './attack.ts';

const BOMB = gzipBomb(256, 'data:x\n');

const get = (path: string, header = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${header}\r\n`;
/** The server puts the parameters of the query into an event without validation, as a careless application would. */
const inject = (query: string) => () => [get(`/echo?${query}`)];
const REFUSED = { status: 200, lines: [/SSE_ERR_LINE_BREAK/] } as const;

const ROWS: readonly ServerAttack[] = [
  ...['event', 'id', 'comment'].flatMap((field) =>
    [
      ['CR', '%0D'],
      ['LF', '%0A'],
      ['CRLF', '%0D%0A'],
      ['NUL', '%00'],
    ].map(
      ([name, escaped]): ServerAttack => ({
        title: `${name} in ${field === 'comment' ? 'a comment' : field}`,
        section: 'WHATWG HTML §9.2.6',
        send: inject(`${field}=a${escaped}data:evil${escaped}${escaped}`),
        answer: REFUSED,
      }),
    ),
  ),
  {
    title: 'line endings in data',
    section: 'WHATWG HTML §9.2.6',
    send: inject('data=a%0D%0Aevent:evil%0D%0Did:1'),
    answer: { status: 200, lines: [/data: a\ndata: event:evil\ndata: \ndata: id:1\n\n/] },
  },
  {
    title: 'a Last-Event-ID of 20 KB',
    section: 'RFC 6585 §5',
    send: () => [get('/events', `Last-Event-ID: ${'x'.repeat(20_000)}\r\n`)],
    answer: { status: 431 },
  },
  {
    title: 'a Last-Event-ID that is not UTF-8',
    section: 'WHATWG HTML §9.2.4',
    send: () => [Buffer.from(get('/events', 'Last-Event-ID: \xff\xfe\r\n'), 'latin1')],
    answer: { status: 200 },
  },
  {
    title: 'a client that does not read 200 MB of events',
    section: 'WHATWG HTML §9.2',
    send: () => [get('/flood')],
    reads: false,
    answer: 'nothing',
    bound: 64 * 1024 * 1024,
  },
  {
    title: '100 clients that reset their connections',
    section: 'WHATWG HTML §9.2',
    times: 100,
    send: () => [get('/events'), RESET],
    answer: 'the end',
  },
  {
    title: '500 connections that end immediately',
    section: 'WHATWG HTML §9.2',
    times: 500,
    send: () => [get('/events'), null],
    answer: 'the end',
  },
];

export const EVENT_STREAM_ATTACKS: readonly ServerAttack[] = ROWS.map((attack) => ({
  open: false,
  ofWs: false,
  ...attack,
}));

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n';

/** Attacks of a server on an EventSource. */
export const SOURCE_ATTACKS: readonly SourceAttack[] = [
  {
    title: 'Content-Type text/html',
    section: 'WHATWG HTML §9.2.3',
    respond: () => ['HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\ndata: x\n\n', null],
    hears: 'error 2',
    connections: 1,
  },
  {
    title: 'status 503',
    section: 'WHATWG HTML §9.2.3',
    respond: () => ['HTTP/1.1 503 Busy\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n', null],
    hears: 'error 2',
    connections: 1,
  },
  {
    title: 'a redirect loop',
    section: 'WHATWG Fetch §4.4',
    respond: (_head, port) => [
      `HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${port}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      null,
    ],
    hears: 'error 0',
    connections: 21 * 5,
  },
  {
    title: 'a reconnect storm: each stream ends immediately, with a reconnection time of 0',
    section: 'WHATWG HTML §9.2.3',
    respond: () => [HEAD, null],
    hears: 'error 0',
    connections: 6,
  },
  {
    title: 'a reconnect storm: each connection is reset',
    section: 'WHATWG HTML §9.2.3',
    respond: () => [RESET],
    hears: 'error 0',
    connections: 6,
  },
  {
    title: 'a last event ID that no header field can hold',
    section: 'WHATWG HTML §9.2.3',
    respond: () => [`${HEAD}retry: 300\nid: a\u0001b\ndata: x\n\n`, null],
    hears: 'message x',
    connections: 5,
  },
  {
    title: 'garbage instead of HTTP',
    section: 'WHATWG HTML §9.2.3',
    respond: () => ['data: x\n\n', null],
    hears: 'error 0',
    connections: 6,
  },
  {
    title: 'a line that never ends',
    section: 'WHATWG HTML §9.2.5',
    respond: () => [HEAD, ...endless('data: ', 'x', 40)],
    hears: 'error 2',
    connections: 1,
    bound: 96 * 1024 * 1024,
  },
  {
    title: 'a gzip bomb',
    section: 'WHATWG HTML §9.2.5',
    respond: () => [
      `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: ${BOMB.length}\r\n\r\n`,
      BOMB,
    ],
    hears: 'error 2',
    connections: 1,
    bound: 128 * 1024 * 1024,
  },
];

/** Attacks of an event stream on an EventParser. */
export const STREAM_ATTACKS: readonly StreamAttack[] = [
  {
    title: 'a line that never ends',
    section: 'WHATWG HTML §9.2.5',
    send: () => endless('data: ', 'x'),
    hears: 'SSE_ERR_EVENT_TOO_LARGE',
    bound: 96 * 1024 * 1024,
  },
  {
    title: 'an event that never ends',
    section: 'WHATWG HTML §9.2.6',
    send: () => endless('', `data: ${'x'.repeat(100)}\n`),
    hears: 'SSE_ERR_EVENT_TOO_LARGE',
    bound: 160 * 1024 * 1024,
  },
  {
    title: 'a comment that never ends',
    section: 'WHATWG HTML §9.2.5',
    send: () => endless(': ', 'x'),
    // A comment is ignored, and the parser keeps nothing of it.
    hears: 'nothing',
    bound: 64 * 1024 * 1024,
  },
  {
    title: '20 MB of empty lines',
    section: 'WHATWG HTML §9.2.6',
    send: () => endless('', '\n', 20),
    hears: 'nothing',
    // The garbage collector frees the received chunks late on a busy machine.
    bound: 64 * 1024 * 1024,
  },
  {
    title: '20 MB of fields without data',
    section: 'WHATWG HTML §9.2.6',
    send: () => endless('', 'id: 1\nevent: a\n', 20),
    hears: 'nothing',
    bound: DEFAULT_BOUND,
  },
  {
    title: 'a retry of 1000 digits',
    section: 'WHATWG HTML §9.2.6',
    send: () => [`retry: ${'9'.repeat(1000)}\n`],
    hears: 'retry 9007199254740991',
  },
  { title: 'NUL in id', section: 'WHATWG HTML §9.2.6', send: () => ['id: a\0b\ndata: x\n\n'], hears: 'message x ' },
  {
    title: 'bytes that are not UTF-8',
    section: 'WHATWG HTML §9.2.6',
    send: () => [Buffer.from('data: \xff\xfe\n\n', 'latin1')],
    hears: 'message \uFFFD\uFFFD ',
  },
  {
    title: 'an event sent byte by byte',
    section: 'WHATWG HTML §9.2.5',
    send: () => [...Buffer.from(`data: ${'x'.repeat(10_000)}\n\n`)].map((byte) => Buffer.of(byte)),
    hears: `message ${'x'.repeat(10_000)} `,
  },
];

function* endless(start: string, repeated: string, megabytes = 64): Iterable<Buffer> {
  yield Buffer.from(start);
  const chunk = Buffer.alloc(Math.floor(1_000_000 / repeated.length) * repeated.length, repeated);
  for (let count = 0; count < megabytes; count++) yield chunk;
}
