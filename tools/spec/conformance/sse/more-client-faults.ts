import { type ClientBehaviour, STANDARD } from './client-agent.ts';

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

let events = 0;

/** Faults in the details of parsing. */
const parsing: readonly ClientFault[] = [
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
  ['follows one redirect', { maxRedirects: 1 }, ['A chain of four redirects with different statuses']],
  [
    'parses the content of a redirect',
    { redirects: [], isStream: (status, type) => status < 400 && STANDARD.isStream(200, type) },
    ['A redirect with content, which is not parsed', 'A redirect without a Location'],
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
