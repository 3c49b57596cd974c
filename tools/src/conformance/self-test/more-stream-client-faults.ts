import { type ClientBehaviour, STANDARD } from './stream-client-agent.ts';

/** A fault of a client, and the titles of the cases that find it. */
export type ClientFault = readonly [fault: string, changes: Partial<ClientBehaviour>, caughtBy: readonly string[]];

const closing = (changes: Partial<ClientBehaviour['closing']>): Partial<ClientBehaviour> => {
  return { closing: { ...STANDARD.closing, ...changes } };
};
const split =
  (change: (name: string, value: string) => readonly [string, string]): ClientBehaviour['split'] =>
  (line) =>
    change(...STANDARD.split(line));
const isStreamIf =
  (pattern: RegExp): ClientBehaviour['isStream'] =>
  (status, type) =>
    status === 200 && pattern.test(type ?? '');

/** The case that judges requests. */
const REQUESTS = ['The requests have the method GET, Accept and Cache-Control'];

let events = 0;

/** Faults in the details of parsing. */
const parsing: readonly ClientFault[] = [
  [
    'sends an empty Last-Event-ID',
    { fields: (id) => ({ 'Last-Event-ID': Buffer.from(id).toString('latin1') }) },
    ['No Last-Event-ID without an id'],
  ],
  ['asks for any type', { fields: (id) => ({ ...STANDARD.fields(id), Accept: '*/*' }) }, REQUESTS],
  [
    'accepts a stored response',
    { fields: (id) => ({ ...STANDARD.fields(id), 'Cache-Control': 'max-age=10' }) },
    REQUESTS,
  ],
  ['sends POST', { method: 'POST' }, REQUESTS],
  [
    'removes a part of a byte order mark',
    { decode: (chunks) => STANDARD.decode(chunks).replace(/^\ufffd/, '') },
    ['The first two octets of a byte order mark before a field'],
  ],
  [
    'keeps the byte order mark before a field without a colon',
    { withoutMark: (text) => text },
    ['A byte order mark before a field without a colon'],
  ],
  [
    'replaces a sequence of invalid octets with one character',
    { decode: (chunks) => STANDARD.decode(chunks).replaceAll(/\ufffd+/g, '\ufffd') },
    ['Sequences of five and six octets', 'Lone continuation octets', 'Overlong forms and surrogates'],
  ],
  [
    'ends a comment only at LF',
    { lineEnd: /(?<!:[^\r\n]*)\r\n|(?<!:[^\r\n]*)\r|\n/ },
    ['Comments with NULL, ended by CR, LF and CRLF', 'A comment of 5000 characters that CR ends'],
  ],
  [
    'treats CRLF after a line without a colon as two line endings',
    { lineEnd: /(?<=:[^\r\n]*)\r\n|\r|\n/ },
    ['A field without a colon, ended by CR and by CRLF', 'An unknown field within an event, ended by CR and by CRLF'],
  ],
  [
    'treats CRLF after a comment as two line endings',
    { lineEnd: /(?<!(?:^|\n):[^\r\n]*)\r\n|\r|\n/ },
    ['A comment within an event, ended by CRLF'],
  ],
  [
    'loses each sixtieth event',
    { hasEvent: (data) => data.length > 0 && ++events % 60 !== 0 },
    ['100 different events', '500 events'],
  ],
  [
    'cuts data at 4095 characters',
    { joinData: (data) => data.join('\n').slice(0, 4095) },
    ['Data as long as common buffers, and one octet shorter and longer', 'A line of 1 MiB', '10,000 lines of data'],
  ],
  [
    'ignores characters in field names that are no letters',
    { split: split((name, value) => [name.replaceAll(/[\W_]/g, ''), value]) },
    ['Field names that resemble data', 'A field name followed by NULL'],
  ],
  [
    'ignores fields after the data',
    { readsBehindData: false },
    ['All fields in reverse order', 'A type after the data', 'An id after the data'],
  ],
  [
    'ends an id at NULL',
    { split: split((name, value) => [name, name === 'id' ? value.split('\0')[0]! : value]) },
    ['An id with NULL after a valid one, in one event', 'An id with NULL before all others'],
  ],
  [
    'dispatches an event at each empty line',
    { hasEvent: () => true },
    ['Several empty lines', 'Empty lines at the beginning', 'A reconnection time without an event'],
  ],
  [
    'stops at octets that are not UTF-8',
    { decode: (chunks) => STANDARD.decode(chunks).split('\ufffd')[0]! },
    ['The first octet of a byte order mark', 'A character that a line ending interrupts'],
  ],
  ['stops at a byte order mark', { withoutMark: (text) => text.split('\ufeff')[0]! }, ['A byte order mark']],
  [
    'drops noncharacters',
    { decode: (chunks) => STANDARD.decode(chunks).replaceAll(/[\ufffe\uffff]/g, '') },
    ['Noncharacters'],
  ],
  [
    'stops at a line of 9000 characters',
    { withoutMark: (text) => STANDARD.withoutMark(text, 1).replace(/(?<![^\r\n])[^\r\n]{9000}.*/s, '') },
    ['A field name of 10,000 characters', 'A comment of 100,000 characters'],
  ],
  [
    'stops at a number of 300 digits',
    { withoutMark: (text) => STANDARD.withoutMark(text, 1).replace(/\d{300}.*/s, '') },
    ['A reconnection time beyond all integers, which the next one replaces'],
  ],
  ['dispatches an event at the end', { rest: () => '\ndata\n\n' }, ['An empty stream', 'Only a comment']],
  [
    'applies the first type and the first id of an event',
    { firstApplies: true },
    ['Two types, of which the last applies', 'Two ids, of which the last applies'],
  ],
  [
    'does not know the type message',
    { typeOf: (type) => (type === 'message' ? 'other' : STANDARD.typeOf(type)) },
    ['The type message'],
  ],
  [
    'does not report ids',
    { report: ({ type, data, readyState }) => ({ type, data, readyState }) },
    ['An id', 'An id that is reset, and stays reset'],
  ],
  [
    'treats an invalid reconnection time as data',
    { split: split((name, value) => [name === 'retry' && STANDARD.retryOf(value) === null ? 'data' : name, value]) },
    ['Invalid reconnection times'],
  ],
  [
    'looks types up in an object',
    { typeOf: (type) => (type in {} ? 'message' : STANDARD.typeOf(type)) },
    ['Types that are names of object properties'],
  ],
];

/** Faults in requests, responses and reconnections. */
const connecting: readonly ClientFault[] = [
  [
    'requires a parameter after a semicolon',
    { isStream: isStreamIf(/^text\/event-stream(\s*;\s*\w+=.+)?$/i) },
    ['Content-Type text/event-stream; with nothing after the semicolon'],
  ],
  [
    'reads only the first of two types',
    { isStream: isStreamIf(/^text\/event-stream\b/i) },
    ['Content-Type text/event-stream, text/html'],
  ],
  [
    'sets the origin of events to their URL',
    { originOf: (_asked, answered) => answered.href },
    ['The origin of events is that of the request'],
  ],
  [
    'accepts a reconnection time that begins with digits',
    { retryOf: (value) => Number.parseInt(value, 10) || null },
    ['An invalid reconnection time does not replace a valid one'],
  ],
  [
    'treats an empty reconnection time as zero',
    { retryOf: (value) => (value === '' ? 0 : STANDARD.retryOf(value)) },
    ['An empty reconnection time does not replace a valid one'],
  ],
  [
    'reads a number with a leading zero as octal',
    { retryOf: (value) => (value.startsWith('0') ? Number.parseInt(value, 8) : STANDARD.retryOf(value)) },
    ['A reconnection time with leading zeros is decimal'],
  ],
  [
    'is closed by a connection that breaks within a response',
    { reconnectsAfterBreak: false },
    [
      'A connection that ends within an event',
      'A connection that ends after the head of the response',
      'A connection that ends before its Content-Length',
      'A connection that ends within a chunk',
    ],
  ],
  ['is closed by the third failure', { maxFailures: 2 }, ['Three connections that end before the response']],
  [
    'sends no Last-Event-ID to the target of a redirect',
    { keepsIdAtRedirect: false },
    ['A redirect of a reconnection: the target receives the Last-Event-ID'],
  ],
  [
    'follows one redirect',
    { maxRedirects: 1 },
    ['A chain of four redirects with different statuses', 'Endless redirects'],
  ],
  [
    'parses the content of a redirect',
    { redirects: [], isStream: (status, type) => status < 400 && STANDARD.isStream(200, type) },
    [
      'A redirect with content, which is not parsed',
      'A redirect without a Location',
      'A redirect to an invalid URL',
      'A redirect to another scheme',
    ],
  ],
  ['fails at interim responses', { acceptsInterim: false }, ['Status 100, then 200', 'Status 103, then 200']],
  [
    'does not decode the content codings that it accepts',
    { decodesContent: false },
    [
      'Compressed with gzip, if the client accepts it',
      'Compressed with deflate, if the client accepts it',
      'Repetitive data, compressed with br if the client accepts it',
    ],
  ],
  [
    'refuses a content coding that it accepts',
    { accepts: ({ headers }) => headers['content-encoding'] === undefined },
    ['Compressed with br, if the client accepts it'],
  ],
  ['refuses HTTP/1.0', { accepts: ({ httpVersion }) => httpVersion !== '1.0' }, ['HTTP/1.0']],
  ['refuses a length', { accepts: ({ headers }) => headers['content-length'] === undefined }, ['A Content-Length']],
  [
    'delays two characters until more input arrives',
    { certain: (text) => text.slice(0, Math.max(0, text.length - 2)) },
    [
      'An event is dispatched before the next one arrives: CRLF',
      'An event of 64 KiB is dispatched before the next one arrives',
    ],
  ],
  [
    'discards the types open and error',
    { hasEvent: (data, type) => data.length > 0 && type !== 'open' && type !== 'error' },
    ["Events of the types 'open' and 'error' in a stream"],
  ],
  [
    'sends 255 characters of an id',
    { fields: (lastEventId) => STANDARD.fields(lastEventId.slice(0, 255)) },
    ['An id of 1000 characters is sent'],
  ],
  [
    'accepts any content type after a redirect',
    { isStream: (status) => status === 200 },
    ['A redirect to another Content-Type'],
  ],
];

/** Faults of `close()`. */
const afterClose: readonly ClientFault[] = [
  [
    'dispatches the rest of a segment after close()',
    closing({ dispatch: false }),
    ['close() in a listener: the rest of the segment is not dispatched'],
  ],
  [
    'dispatches what arrives after close()',
    closing({ dispatch: false, request: false }),
    ['close() in a listener: what arrives later is not dispatched', 'close() in a listener of the open event'],
  ],
  [
    'reconnects after close()',
    closing({ dispatch: false, reconnections: false }),
    ['close() after a lost connection: the client does not reconnect'],
  ],
  [
    'reconnects after status 204',
    { ...closing({ reconnections: false }), reconnects: (status) => status === 204, maxConnections: 2 },
    ['close() of an EventSource that is CLOSED', 'Status 204 at once'],
  ],
  ['does not end the request', closing({ request: false }), ['close() ends the request']],
];

/** More faults of clients: those that only some cases find. */
export const MORE_CLIENT_FAULTS: readonly ClientFault[] = [...parsing, ...connecting, ...afterClose];

/** The titles of more cases that find other faults, by fault. */
export const ALSO_FOUND_BY: Readonly<Record<string, readonly string[]>> = {
  'ends lines only at LF and CRLF': [
    'A stream that ends within CRLF',
    'CR at the end of a stream, and LF at the beginning of the next',
  ],
  'splits at each colon': ['JSON data', 'A type with colons and a space at its end'],
  'trims field names': ['Lines without a colon, most of them unknown'],
  'joins lines of data without LF': ['Empty data at the beginning and in the middle', 'JSON data in several lines'],
  'trims data': ['Data of one space'],
  'removes the first character': ['All fields without a space'],
  'does not keep the id': ['An id that changes, and persists', 'The last event ID is sent after events without an id'],
  'ignores empty ids': ['An id that is reset, and stays reset', 'An id that was reset stays reset across connections'],
  'dispatches events without data': ['A type and an id without data, of which only the id persists'],
  'decodes Latin-1': ['Another charset, which does not change the decoding as UTF-8'],
  'dispatches the unfinished event at the end': ['The type and data of an incomplete event are discarded'],
  'accepts any 2xx status': [202, 203, 205, 226, 299].map((status) => `Status ${status}`),
  'accepts any status': [
    ...[300, 304, 305, 400, 401, 403, 410, 502, 504].map((status) => `Status ${status}`),
    'A redirect to status 404',
  ],
  'accepts any content type': ['Content-Type text/html', 'Content-Type event-stream', 'An empty Content-Type'],
  'accepts only the exact content type': ['Content-Type text/event-stream ; foo="bar; baz"'],
  'sends no Last-Event-ID': ['The id of an event without data is sent'],
  'reconnects without a delay': ['A reconnection time applies from the end of its line, before the end of its event'],
  'keeps an unfinished line for the next connection': ['An incomplete character is discarded'],
  'never reconnects': ['A reconnection time of zero', 'An empty stream'],
  'follows no redirect': ['A redirect with status 302', 'A redirect with status 303', 'A redirect of a reconnection'],
};
