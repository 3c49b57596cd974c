import type { Requirement } from './requirement.ts';

const MODEL = 'whatwg-html/09.2.3-processing-model.spec.ts';
const PARSING = 'whatwg-html/09.2.5-parsing.spec.ts';
const MEANING = 'whatwg-html/09.2.6-interpreting.spec.ts';
const STREAM = 'sse/server/event-stream.spec.ts';
const CHANNEL = 'sse/server/event-channel.spec.ts';

/** What WHATWG HTML §9.2 demands of a client and of a stream, restated. */
export const EVENT_STREAMS: readonly Requirement[] = [
  {
    section: '§9.2.2',
    text: 'The constructor MUST throw a SyntaxError for a URL that cannot be parsed.',
    tests: [`${MODEL}: throws a SyntaxError for an invalid URL`],
  },
  {
    section: '§9.2.2',
    text: 'The constants, url, withCredentials, readyState, onopen, onmessage, onerror and close() are those of the interface.',
    tests: [
      `${MODEL}: has the constants, the URL and withCredentials`,
      `${MODEL}: follows Web IDL: enumerable constants and attributes, a class name, and one required argument`,
    ],
  },
  {
    section: '§9.2.2',
    text: 'close() MUST abort the request, and set readyState to CLOSED; no event follows.',
    tests: [
      `${MODEL}: close() and an AbortSignal end the connection without an event, also while it is opened`,
      `${MODEL}: emits no more events after a listener calls close(), even if they were received`,
    ],
    cases: ['35.1'],
  },
  {
    section: '§9.2.2',
    text: 'The request has `Accept: text/event-stream`, and its cache mode is no-store.',
    tests: [`${MODEL}: has Accept, Cache-Control, and no Last-Event-ID at first`],
    cases: ['32', '33', '34'],
  },
  {
    section: '§9.2.2',
    text: 'Without withCredentials, no credentials are sent to another origin.',
    tests: [`${MODEL}: to another origin drop the credentials; the origin of events is that of the response`],
  },
  {
    section: '§9.2.3',
    text: 'A status other than 200, or a type other than text/event-stream, MUST fail the connection: CLOSED, one error event, no reconnection.',
    tests: [`${MODEL}: fails permanently, with one error`],
    cases: ['32.1', '20.1.1', '20.1.2'],
  },
  {
    section: '§9.2.3',
    text: 'A valid response MUST announce the connection: OPEN, and one open event before any event of the stream.',
    tests: [`${MODEL}: emits open before the first event, and events with type, data, last event ID and origin`],
    cases: ['32.1.1'],
  },
  {
    section: '§9.2.3',
    text: 'At the end of the stream, and after a network error, a client MUST reestablish the connection: CONNECTING, one error event, and the same request after the reconnection time.',
    tests: [
      `${MODEL}: follows the end of the stream, a lost connection, and a connection that cannot be opened`,
      `${MODEL}: waits for the reconnection time of the server`,
    ],
    cases: ['33.1'],
  },
  {
    section: '§9.2.3',
    text: 'If the previous attempt failed, a client MAY wait longer before it reconnects, with exponential backoff.',
    tests: [
      'sse/client/backoff.spec.ts: is the reconnection time at first, and doubles with each failed attempt, up to the limit',
    ],
  },
  {
    section: '§9.2.3',
    text: 'Redirects are followed as Fetch defines it.',
    tests: [`${MODEL}: is followed, and the next connection starts at its target, as in Chromium`],
    cases: ['34.1'],
  },
  {
    section: '§9.2.3',
    text: 'After a network error for which it knows that another attempt is futile, a client MAY fail the connection permanently.',
    tests: [`${MODEL}: fails permanently, as in Chromium`],
    cases: ['34.1'],
  },
  {
    section: '§9.2.4',
    text: 'When a client reconnects, it MUST send a last event ID that is not empty as Last-Event-ID, encoded as UTF-8.',
    tests: [`${MODEL}: has the last event ID of the options or of the stream as UTF-8, and no header for an empty one`],
    cases: ['33.1.1', '33.1.2', '33.1.7', '33.1.8'],
  },
  {
    section: '§9.2.4',
    text: 'A server can continue after the event with that ID.',
    tests: [`${CHANNEL}: gets the events that it has missed, and then live events, without gaps or duplicates`],
    cases: ['22.1'],
  },
  {
    section: '§9.2.5',
    text: 'An event stream MUST be encoded as UTF-8.',
    tests: [`${STREAM}: sends events in order`],
    cases: ['21.1.1', '30'],
  },
  {
    section: '§9.2.5',
    text: 'stream = [ bom ] *event: one byte order mark at the beginning is removed, and no other.',
    tests: [`${PARSING}: stream = [ bom ] *event`],
    cases: ['21.1.2', '30.12', '30.13', '30.14', '30.15', '30.16'],
  },
  {
    section: '§9.2.5',
    text: 'event = *( comment / field ) end-of-line',
    tests: [`${PARSING}: event = *( comment / field ) end-of-line`],
    cases: ['30', '31'],
  },
  {
    section: '§9.2.5',
    text: 'comment = colon *any-char end-of-line',
    tests: [`${PARSING}: comment = colon *any-char end-of-line`],
    cases: ['31.17', '31.18'],
  },
  {
    section: '§9.2.5',
    text: 'field = 1*name-char [ colon [ space ] *any-char ] end-of-line',
    tests: [`${PARSING}: field = 1*name-char [ colon [ space ] *any-char ] end-of-line`],
    cases: ['31.1', '31.3', '31.4', '31.5', '31.6', '31.7'],
  },
  {
    section: '§9.2.5',
    text: 'end-of-line = ( cr lf / cr / lf ): each of them ends a line, even if a stream mixes them, and wherever the stream is split.',
    tests: [
      `${PARSING}: end-of-line = ( cr lf / cr / lf )`,
      '../fuzz/sse-wire.fuzz.ts: follows the standard for any text in any chunking',
    ],
    cases: ['30.1', '30.2', '30.3', '30.4', '30.5', '30.6', '30.7', '21.1.3'],
  },
  {
    section: '§9.2.5',
    text: 'any-char is any character except LF and CR.',
    tests: [`${PARSING}: any-char is anything but CR and LF, decoded as UTF-8`],
    cases: ['30.10', '30.11', '30.18', '30.23'],
  },
  {
    section: '§9.2.6',
    text: 'Streams MUST be decoded as UTF-8: invalid sequences become U+FFFD.',
    tests: ['sse/wire/event-parser.spec.ts: decodes UTF-8 across chunks, and replaces invalid bytes with U+FFFD'],
    cases: ['30.19', '30.20', '30.21', '30.22'],
  },
  {
    section: '§9.2.6',
    text: 'An empty line dispatches the event.',
    tests: [`${PARSING}: event = *( comment / field ) end-of-line`],
    cases: ['30.8', '30.9', '32.1'],
  },
  {
    section: '§9.2.6',
    text: 'A line that starts with a colon is ignored.',
    tests: ['sse/wire/event-parser.spec.ts: reports comments if the sink has onComment(), and ignores unknown fields'],
    cases: ['31.17', '31.18'],
  },
  {
    section: '§9.2.6',
    text: 'In a line with a colon, the field name is before the colon, and the value after it, without one leading space.',
    tests: [`${PARSING}: field = 1*name-char`],
    cases: ['31.1', '31.3', '31.4', '31.5', '31.6'],
  },
  {
    section: '§9.2.6',
    text: 'A line without a colon is a field name with an empty value.',
    tests: [`${PARSING}: field = 1*name-char`],
    cases: ['31.7', '31.8'],
  },
  {
    section: '§9.2.6',
    text: 'At the end of the stream, pending data MUST be discarded.',
    tests: [`${MEANING}: "Once the end of the file is reached, any pending data must be discarded."`],
    cases: ['31.38', '31.39', '31.40', '33.1.15', '33.1.16', '33.1.17', '21.1.9'],
  },
  {
    section: '§9.2.6',
    text: 'event: the event type buffer is set to the value.',
    tests: [`${MEANING}: "event": set the event type buffer to the field value`],
    cases: ['31.19', '31.20', '31.21', '31.22', '31.24', '31.26'],
  },
  {
    section: '§9.2.6',
    text: 'data: the value and a LF are appended to the data buffer.',
    tests: [`${MEANING}: "data": append the field value to the data buffer`],
    cases: ['31.1', '31.2', '30.25'],
  },
  {
    section: '§9.2.6',
    text: 'id: the last event ID buffer is set to the value, unless the value contains NULL.',
    tests: [`${MEANING}: "id": if the field value does not contain U+0000 NULL`],
    cases: ['31.27', '31.33', '21.1.7'],
  },
  {
    section: '§9.2.6',
    text: 'retry: the reconnection time is set to the value if the value consists of ASCII digits only.',
    tests: [`${MEANING}: "retry": if the field value consists of only ASCII digits`],
    cases: ['31.36', '33.1.12', '33.1.13', '33.1.14', '21.1.6'],
  },
  {
    section: '§9.2.6',
    text: 'Any other field is ignored; field names are case-sensitive.',
    tests: [`${MEANING}: otherwise "The field is ignored."`],
    cases: ['31.14', '31.15', '31.16', '21.1.4', '21.1.5'],
  },
  {
    section: '§9.2.6',
    text: 'Dispatch: the last event ID is set to its buffer, and the buffer is not reset.',
    tests: [`${MEANING}: dispatch, 1.:`],
    cases: ['31.28', '31.31', '31.32', '33.1.3', '33.1.11'],
  },
  {
    section: '§9.2.6',
    text: 'Dispatch: without data, nothing is dispatched; the data buffer and the event type buffer are reset.',
    tests: [`${MEANING}: dispatch, 2.:`],
    cases: ['31.10', '31.25', '21.1.8'],
  },
  {
    section: '§9.2.6',
    text: 'Dispatch: one trailing LF of the data is removed.',
    tests: [
      `${MEANING}: "data": append the field value to the data buffer, then a LF; the dispatch removes the last LF`,
    ],
    cases: ['31.7', '31.8', '31.9'],
  },
  {
    section: '§9.2.6',
    text: 'Dispatch: a MessageEvent with data, origin and last event ID; its type is the event type buffer, or `message` if that is empty.',
    tests: [`${MODEL}: emits open before the first event, and events with type, data, last event ID and origin`],
    cases: ['31.19', '31.22', '34.1.8'],
  },
  {
    section: '§9.2.7',
    text: 'Intermediaries may end an idle connection: a comment every 15 seconds or so keeps it open.',
    tests: [`${STREAM}: sends a comment after \`heartbeat\` milliseconds without an event`],
    cases: ['20.1.9'],
  },
  {
    section: '§9.2.7',
    text: 'Events SHOULD arrive when they are sent: chunking and buffering should not delay them.',
    tests: [`${STREAM}: has the status 200 and the headers of an event stream, sent before any event`],
    cases: ['21.1.10', '23.1.14', '23.1.15', '23.1.16', '20.1.8'],
  },
  {
    section: '§17',
    text: 'text/event-stream: a charset, if there is one, MUST be utf-8.',
    tests: [`${STREAM}: has the status 200 and the headers of an event stream`],
    cases: ['20.1.3'],
  },
];
