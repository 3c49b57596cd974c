import { type Exchange, type StreamRequest, textOf } from '../exchange.ts';
import type { StreamServerCase } from '../server-case.ts';
import {
  casesOf,
  failedUnless,
  hasContent,
  isStream,
  type Judge,
  nonStrictUnless,
  type Row,
  responds,
  shown,
  streams,
} from './judgements.ts';

const codingOf = ({ fields }: Exchange): string => fields['content-encoding'] ?? '';
const accepting = (coding: string): StreamRequest => ({ fields: { 'Accept-Encoding': coding } });

const NOT_COMPRESSED = 'The server does not compress event streams';

/** The encoder delivers events at once, and does not buffer them. */
const flushes: Judge = (response, first) => {
  const wrong = isStream(response);
  if (wrong !== undefined) return wrong;
  if (codingOf(response) === '') return ['UNIMPLEMENTED', NOT_COMPRESSED];
  if (textOf(first).lines.length === 0) return hasContent(first);
  return failedUnless(
    textOf(response).lines.length > 0,
    'Compressed content is held back; expected it as soon as without compression; received nothing',
  );
};

/** The response to HEAD matches the one to GET. */
const matchesGet: Judge = ({ status, fields, bodyLength }, first) => {
  if (bodyLength > 0) return ['FAILED', `Unexpected body; expected none; received ${bodyLength} octets`];
  if (status === 405 || status === 501) return ['UNIMPLEMENTED', `The server refuses HEAD with status ${status}`];
  if (status !== first.status) {
    return ['FAILED', `Wrong status; expected ${first.status}, as for GET; received ${status || 'no response'}`];
  }
  const [type, expected] = [fields['content-type'], first.fields['content-type']];
  return nonStrictUnless(
    type === expected,
    `Wrong Content-Type; expected ${shown(expected)}, as for GET; received ${shown(type)}`,
  );
};

const responseRows: readonly Row[] = [
  ['HEAD has the head of GET and no body', 'RFC 9110 §9.3.2', matchesGet, { method: 'HEAD' }],
  [
    'No transfer coding for HTTP/1.0',
    'RFC 9112 §6.1',
    (response) => {
      const coding = response.fields['transfer-encoding'];
      const wrong = `Unexpected Transfer-Encoding; expected none for HTTP/1.0; received ${shown(coding)}`;
      return isStream(response) ?? failedUnless(coding === undefined, wrong);
    },
    { version: '1.0', fields: { Host: null } },
  ],
  [
    'HTTP/1.1 without Host',
    'RFC 9112 §3.2',
    ({ status }) => failedUnless(status === 400, `Wrong status; expected 400; received ${status || 'no response'}`),
    { fields: { Host: null } },
    'head',
  ],
  ['A request in writes of one byte', 'RFC 9112 §2.2', streams, { writeSize: 1 }],
  ['An absolute URL as the request target', 'RFC 9112 §3.2.2', streams, { absolute: true }],
  [
    'Field names in lower case',
    'RFC 9110 §5.1',
    streams,
    { fields: { Accept: null, 'Cache-Control': null, accept: 'text/event-stream', 'cache-control': 'no-cache' } },
  ],
  ['A request without Accept', 'RFC 9110 §12.5.1', streams, { fields: { Accept: null } }],
  [
    'Accept with other types',
    'RFC 9110 §12.5.1',
    streams,
    { fields: { Accept: 'text/html, text/event-stream;q=0.9' } },
  ],
  [
    'A request from another origin',
    'Fetch §3.2',
    (response, first) => {
      const allowed = response.fields['access-control-allow-origin'];
      return responds(response, first) ?? ['INFORMATIONAL', `Access-Control-Allow-Origin: ${shown(allowed)}`];
    },
    { fields: { Origin: 'http://another.example' } },
    'head',
  ],
  [
    'POST',
    'RFC 9110 §9.3.3',
    (response, first) => responds(response, first) ?? ['INFORMATIONAL', `The status is ${response.status}`],
    { method: 'POST', body: 'a' },
    'head',
  ],
  [
    'An unknown method',
    'RFC 9110 §9.1',
    (response, first) => responds(response, first) ?? ['INFORMATIONAL', `The status is ${response.status}`],
    { method: 'PUSHWIRE' },
    'head',
  ],
];

const compressionRows: readonly Row[] = [
  [
    'No content coding for a client that accepts none',
    'RFC 9110 §12.5.3',
    (response) => {
      const wrong = `Unexpected Content-Encoding; expected none; received ${shown(codingOf(response))}`;
      return isStream(response) ?? failedUnless(codingOf(response) === '', wrong);
    },
    accepting('identity'),
  ],
  [
    'No gzip for a client that refuses it',
    'RFC 9110 §12.5.3',
    (response) => {
      const wrong = `Wrong Content-Encoding; expected any but gzip; received ${shown(codingOf(response))}`;
      return isStream(response) ?? failedUnless(!/gzip/.test(codingOf(response)), wrong);
    },
    accepting('gzip;q=0, identity'),
  ],
  ...['gzip', 'deflate', 'br'].map(
    (coding): Row => [`${coding} holds nothing back`, 'HTML §9.2.7', flushes, accepting(coding)],
  ),
  [
    'A compressed response has Vary',
    'RFC 9110 §12.5.5',
    (response) => {
      if (codingOf(response) === '') return ['UNIMPLEMENTED', NOT_COMPRESSED];
      const { vary } = response.fields;
      return nonStrictUnless(
        /accept-encoding|\*/i.test(vary ?? ''),
        `Wrong Vary; expected Accept-Encoding; received ${shown(vary)}`,
      );
    },
    accepting('gzip, deflate, br'),
  ],
];

/** 23: an event-stream server as an HTTP server, RFC 9110 and RFC 9112. */
export const streamHttp: readonly StreamServerCase[] = casesOf('23.1', [...responseRows, ...compressionRows]);
