import type { Shortcoming } from './shortcoming.ts';

/** Event streams. */
export const STREAMS: readonly Shortcoming[] = [
  {
    cases: ['23.1.1'],
    does: 'do not respond to HEAD, or respond with a body',
    breaks:
      'RFC 9110 §9.3.2: "The HEAD method is identical to GET except that the server MUST NOT send content in the response."',
  },
  {
    cases: ['23.1.2'],
    does: 'respond to HTTP/1.0 with a transfer coding',
    breaks:
      'RFC 9112 §6.1: "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding request indicates HTTP/1.1 (or later minor revisions)."',
  },
  {
    cases: ['23.1.3'],
    does: 'accept a request without Host',
    breaks:
      'RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field"',
  },
  {
    cases: ['30.13', '30.14', '30.15', '30.16', '30.31'],
    does: 'do not remove exactly one byte order mark at the beginning',
    breaks: 'HTML §9.2.5: stream = [ bom ] *event: one byte order mark at the beginning is removed, and no other.',
  },
  {
    cases: ['30.21'],
    does: 'do not replace bytes that are not UTF-8 as the decoder of the Encoding standard does',
    breaks: 'HTML §9.2.6: Streams are decoded with "UTF-8 decode".',
  },
  {
    cases: ['31.7', '31.9'],
    does: 'do not dispatch an event whose data is empty (the adapter cannot distinguish it from a block without data)',
    breaks: 'HTML §9.2.6: A field with an empty value, or without a colon, counts as a field.',
  },
  {
    cases: ['31.10', '31.31', '31.32', '31.50', '31.54', '33.1.3', '33.1.25'],
    does: 'discard the id of a block without data, or keep an id that was reset',
    breaks: 'HTML §9.2.6: Dispatch sets the last event ID also if the data is empty; an empty id resets it.',
  },
  {
    cases: ['30.11'],
    does: 'remove NULL from data',
    breaks: 'HTML §9.2.6: The value of the field is appended to the data buffer as it is.',
  },
  {
    cases: ['31.33', '31.52', '31.53', '33.1.6'],
    does: 'use an id with NULL, or stop at it',
    breaks: 'HTML §9.2.6: An id with U+0000 NULL is ignored.',
  },
  {
    cases: ['31.44'],
    does: 'treat a field whose name only resembles data as data',
    breaks: 'HTML §9.2.6: Field names are compared literally, and other fields are ignored.',
  },
  {
    cases: ['32.1.40'],
    does: 'lose the request that follows a response with Content-Length (in the fetch() of Node.js 20), and send it again',
    breaks: 'RFC 9112 §9.6: a client that receives the option close sends no other request on the connection.',
  },
  {
    cases: ['33.1.30', '33.1.33'],
    does: 'do not emit open or error for each connection that ends before its first event',
    breaks: 'HTML §9.2.3: A connection that is announced emits open, and one that is lost emits error.',
  },
  {
    cases: ['35.1.1'],
    does: 'dispatch the rest of a segment after close()',
    breaks: 'HTML §9.2.6: No event is dispatched once readyState is CLOSED.',
  },
  {
    cases: ['31.22'],
    does: 'keep the type of a field before an empty event field',
    breaks: 'HTML §9.2.6: The type is the event type buffer, or message if that is empty.',
  },
  {
    cases: ['32.1.23'],
    does: 'treat status 100 as the final response',
    breaks:
      'RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response"',
  },
  {
    cases: ['32.1.26', '32.1.48'],
    does: 'accept the media type text/event-streams, or a list of which it is the first',
    breaks: 'HTML §9.2.3: A type other than text/event-stream fails the connection.',
  },
  {
    cases: ['32.1.44'],
    does: 'wait for the octet after CR before they dispatch an event',
    breaks: 'HTML §9.2.5: A line ends with CRLF, LF or CR.',
  },
  {
    cases: ['33.1.7', '33.1.8'],
    does: 'do not send a last event ID outside ASCII as UTF-8',
    breaks: 'HTML §9.2.4: A last event ID is sent as Last-Event-ID, encoded as UTF-8.',
  },
  {
    cases: ['33.1.26', '33.1.27'],
    does: 'let an invalid reconnection time replace a valid one',
    breaks: 'HTML §9.2.6: A retry field whose value is not only ASCII digits is ignored.',
  },
  {
    cases: ['33.1.14'],
    does: 'apply a reconnection time only with the next event',
    breaks: 'HTML §9.2.6: The field retry sets the reconnection time when its line is processed.',
  },
  {
    cases: ['33.1.21'],
    does: 'do not reconnect if the connection ends before the response',
    breaks: 'HTML §9.2.3: A network error reestablishes the connection, unless the user agent knows that to be futile.',
  },
  {
    cases: ['32.1.49', '34.1.8'],
    does: 'set an origin other than that of the final URL',
    breaks: 'HTML §9.2.6: The origin is that of the final URL of the stream, after redirects.',
  },
  {
    cases: ['34.1.13'],
    does: 'reconnect after endless redirects',
    breaks: 'HTML §9.2.3: A network error in a redirect fails the connection as Fetch defines it.',
  },
];
