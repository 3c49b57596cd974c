import type { Verdict } from '../verdict.ts';
import { field, STANDARD, type StreamBehaviour } from './stream-agent.ts';

const beginsWith = (prefix: string) => ({ event: (number: number) => `${prefix}${STANDARD.event(number)}` });
const data = (lines: string | Buffer) => ({ event: () => lines });

/** The faults of servers, and the verdicts of the cases that find each. */
export const STREAM_FAULTS: readonly (readonly [
  fault: string,
  changes: Partial<StreamBehaviour>,
  caughtBy: Readonly<Record<string, Verdict>>,
])[] = [
  ['answers 201', { status: () => 201 }, { 'The status is 200': 'FAILED' }],
  [
    'sends plain text',
    { fields: { 'Content-Type': 'text/plain' } },
    { 'Content-Type is text/event-stream': 'FAILED', 'Cache-Control prevents shared caching': 'NON-STRICT' },
  ],
  [
    'sends a content type with a valid prefix',
    { fields: { 'Content-Type': 'text/event-streams' } },
    { 'Content-Type is text/event-stream': 'FAILED' },
  ],
  [
    'declares another charset',
    { fields: { 'Content-Type': 'text/event-stream;charset="ISO-8859-1"' } },
    { 'The charset of Content-Type, if present, is utf-8': 'FAILED' },
  ],
  [
    'sends wrong chunk sizes',
    { count: 1, chunk: (bytes) => Buffer.concat([Buffer.from('fff\r\n'), bytes]), endsAfterEvents: true },
    { 'The response is valid HTTP': 'FAILED' },
  ],
  [
    'sends octets after the last chunk',
    { lastChunk: '0\r\n\r\ndata: late\n\n', count: 2, endsAfterEvents: true },
    { 'The response is valid HTTP': 'FAILED' },
  ],
  [
    'does not end its last chunk',
    { lastChunk: '0\r\n', count: 2, endsAfterEvents: true },
    { 'The response is valid HTTP': 'FAILED' },
  ],
  ['sends no chunk sizes', { chunk: (bytes) => bytes }, { 'The response is valid HTTP': 'FAILED' }],
  [
    'sends no CRLF after a chunk',
    { chunk: (bytes) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes]) },
    { 'The response is valid HTTP': 'FAILED' },
  ],
  [
    'declares a wrong length',
    { chunkedFor: () => false, fields: { ...STANDARD.fields, 'Content-Length': '100000' } },
    { 'A stream that does not end has no Content-Length': 'FAILED' },
  ],
  [
    'declares a length and sends chunks',
    { fields: { ...STANDARD.fields, 'Content-Length': '100000' } },
    { 'The response is valid HTTP': 'FAILED' },
  ],
  ['responds with HTTP/1.0', { version: 'HTTP/1.0' }, { 'The version is HTTP/1.1': 'NON-STRICT' }],
  ['delays the head', { headDelay: 1100 }, { 'The head arrives without delay': 'NON-STRICT' }],
  ['sends no heartbeat', { beats: false }, { 'A heartbeat arrives within 20 seconds': 'NON-STRICT' }],
  ['sends Latin-1', data(Buffer.from('data: ü\n\n', 'latin1')), { 'The content is valid UTF-8': 'FAILED' }],
  [
    'ends within a character',
    { ...data(Buffer.from('data: ü').subarray(0, 7)), count: 1, endsAfterEvents: true },
    { 'The content is valid UTF-8': 'FAILED', 'The stream does not end within an event': 'FAILED' },
  ],
  ['begins with two byte order marks', { prefix: '\ufeff\ufeff\n' }, { 'At most one byte order mark': 'FAILED' }],
  ['mixes line endings', data('data: a\r\ndata: b\n\n'), { 'All lines end in the same way': 'INFORMATIONAL' }],
  ['sends an unknown field', beginsWith('time: 1\n'), { 'All fields are data, event, id or retry': 'INFORMATIONAL' }],
  [
    'writes a field name in upper case',
    data('Data: a\n\n'),
    { 'Field names have no upper-case letters and no white space': 'FAILED' },
  ],
  [
    'indents a field',
    data('event: a\n data: a\n\n'),
    {
      'Field names have no upper-case letters and no white space': 'FAILED',
      'Each event with a type has data': 'INFORMATIONAL',
    },
  ],
  [
    'sets a reconnection time in seconds',
    beginsWith('retry: 1s\n'),
    { 'A reconnection time consists of ASCII digits': 'FAILED' },
  ],
  ['sends an id with NULL', data('id: a\0\ndata: a\n\n'), { 'No id contains NULL': 'FAILED' }],
  ['sends a type without data', beginsWith('event: ping\n\n'), { 'Each event with a type has data': 'INFORMATIONAL' }],
  [
    'does not end its last event',
    { event: (number) => `${STANDARD.event(number).slice(0, -1)}${number === 12 ? '' : '\n'}`, endsAfterEvents: true },
    { 'The stream does not end within an event': 'FAILED' },
  ],
  [
    'delays the ends of events',
    { halves: 400, count: 2 },
    { 'Each event arrives without a pause within it': 'NON-STRICT' },
  ],
  [
    'delays the ends of characters',
    { ...data('data: ü\n'), prefix: '', halves: 400, count: 2 },
    { 'Each event arrives without a pause within it': 'NON-STRICT' },
  ],
  ['sends the same id in all events', data('id: 1\ndata: a\n\n'), { 'All ids are different': 'INFORMATIONAL' }],
  [
    'sends the first event again on each connection',
    { next: () => 1 },
    {
      'The stream resumes after the first event': 'UNIMPLEMENTED',
      'The stream resumes after the second event': 'UNIMPLEMENTED',
    },
  ],
  [
    'repeats the last received event',
    { next: (id) => Number(id) || 1 },
    {
      'The stream resumes after the first event': 'UNIMPLEMENTED',
      'The stream resumes after the second event': 'NON-STRICT',
    },
  ],
  [
    'skips an event',
    { next: (id) => (id === '' ? 1 : Number(id) + 2) },
    { 'The stream resumes after the first event': 'NON-STRICT' },
  ],
  ['sends no ids', data('data: a\n\n'), { 'The stream resumes after the first event': 'UNIMPLEMENTED' }],
  [
    'accepts only its own ids',
    { status: ({ lastEventId }) => (/^\d*$/.test(lastEventId) ? 200 : 500) },
    {
      'An unknown id': 'FAILED',
      'An id outside ASCII': 'FAILED',
      'An id that is not valid UTF-8': 'FAILED',
      'An id with commas, quotes and spaces': 'FAILED',
      'An id that attempts an injection': 'FAILED',
      'A negative id': 'FAILED',
    },
  ],
  [
    'rejects an empty id',
    { status: (request) => (field(request, 'last-event-id') === '' ? 400 : 200) },
    { 'An empty id': 'FAILED' },
  ],
  [
    'fails with a long id',
    { status: ({ lastEventId }) => (lastEventId.length > 1000 ? 500 : 200) },
    { 'An id of 4 KiB': 'FAILED' },
  ],
  [
    'fails with two ids',
    { status: ({ fields }) => (fields.filter(([name]) => /last-event-id/i.test(name)).length > 1 ? 500 : 200) },
    { 'Two ids': 'FAILED' },
  ],
  ['sends a body for HEAD', { contentOfHead: '0\r\n\r\n' }, { 'HEAD has the head of GET and no body': 'FAILED' }],
  [
    'does not support HEAD',
    { status: (request) => (request.method === 'HEAD' ? 404 : STANDARD.status(request)) },
    { 'HEAD has the head of GET and no body': 'FAILED' },
  ],
  ['sends chunks to HTTP/1.0', { chunkedFor: () => true }, { 'No transfer coding for HTTP/1.0': 'FAILED' }],
  ['accepts a request without Host', { status: () => 200 }, { 'HTTP/1.1 without Host': 'FAILED' }],
  ['treats the first segment as the request', { readsOnce: true }, { 'A request in writes of one byte': 'FAILED' }],
  [
    'accepts only paths',
    { status: ({ target }) => (target.startsWith('/') ? 200 : 404) },
    { 'An absolute URL as the request target': 'FAILED' },
  ],
  [
    'compares field names with case',
    { status: ({ fields }) => (fields.some(([name]) => name === 'accept') ? 406 : 200) },
    { 'Field names in lower case': 'FAILED' },
  ],
  [
    'requires the exact Accept',
    { status: (request) => (field(request, 'accept') === 'text/event-stream' ? 200 : 406) },
    { 'A request without Accept': 'FAILED', 'Accept with other types': 'FAILED' },
  ],
  [
    'fails with another origin',
    { status: (request) => (field(request, 'origin') === undefined ? 200 : 500) },
    { 'A request from another origin': 'FAILED' },
  ],
  ['fails at POST', { status: ({ method }) => (method === 'POST' ? 500 : 200) }, { POST: 'FAILED' }],
  [
    'fails at an unknown method',
    { status: ({ method }) => (method === 'PUSHWIRE' ? 500 : 200) },
    { 'An unknown method': 'FAILED' },
  ],
  [
    'compresses for every client',
    { codingFor: () => 'gzip' },
    { 'No content coding for a client that accepts none': 'FAILED', 'No gzip for a client that refuses it': 'FAILED' },
  ],
  [
    'compresses if Accept-Encoding mentions gzip',
    { codingFor: (accepted) => (accepted.includes('gzip') ? 'gzip' : '') },
    { 'No gzip for a client that refuses it': 'FAILED' },
  ],
  [
    'does not flush compressed data',
    { flushes: false },
    {
      'gzip holds nothing back': 'FAILED',
      'deflate holds nothing back': 'FAILED',
      'br holds nothing back': 'FAILED',
    },
  ],
  [
    'does not send Vary',
    { fields: { ...STANDARD.fields, Vary: null } },
    { 'A compressed response has Vary': 'NON-STRICT' },
  ],
  [
    'breaks after more than ten connections',
    { stopsAt: (_bytes, connections) => connections > 10 },
    {
      '20 clients that disconnect at once: others are served': 'FAILED',
      '20 clients that never read: others are served': 'FAILED',
      '20 connections without a request: others are served': 'FAILED',
    },
  ],
  [
    'breaks after bytes that are not HTTP',
    { stopsAt: (bytes) => bytes.includes('FOO') },
    { 'Octets that are not HTTP: others are served': 'FAILED' },
  ],
  [
    'breaks after a long header',
    { stopsAt: (bytes) => bytes.includes('x'.repeat(10_000)) },
    { 'A request header of 1 MiB: others are served': 'FAILED' },
  ],
  [
    'breaks after a second request',
    { stopsAt: (bytes) => bytes.toString('latin1').split('GET').length > 2 && !bytes.includes('FOO') },
    { 'Ten requests at once on one connection: others are served': 'FAILED' },
  ],
  [
    'breaks after a request with a body',
    { stopsAt: (bytes) => bytes.includes('Content-Length: 1000') },
    { 'A request body that never arrives: others are served': 'FAILED' },
  ],
  [
    'breaks after an upgrade request',
    { stopsAt: (bytes) => bytes.includes('Upgrade') },
    { 'An upgrade to WebSocket: others are served': 'FAILED' },
  ],
  [
    'breaks after an unfinished head',
    { stopsAt: (bytes) => bytes.toString('latin1').endsWith('X: ') },
    { 'A request head that does not end: others are served': 'FAILED' },
  ],
];
