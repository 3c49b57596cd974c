import type { ClientHandshakeCase, SeenHandshake } from '../client-handshake-case.ts';

type Fields = Readonly<Record<string, string | readonly string[] | null>>;

/** A valid answer with changes: null takes a field away, a list makes several. */
const answerWith =
  (changes: Fields, status = 'HTTP/1.1 101 Switching Protocols') =>
  (accept: string): string => {
    const fields: Fields = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': accept, ...changes };
    const lines = Object.entries(fields).flatMap(([name, value]) =>
      value === null ? [] : [value].flat().map((one) => `${name}: ${one.replace('ACCEPT', accept)}`),
    );
    return [status, ...lines, '', ''].join('\r\n');
  };

const VALID = answerWith({});
const deflate = (parameters: string): Fields => ({ 'Sec-WebSocket-Extensions': `permessage-deflate${parameters}` });

function judgeRequest({ method, httpVersion, headers }: SeenHandshake): string {
  if (method !== 'GET') return `The method is ${method} (§4.1, item 2)`;
  if (httpVersion !== '1.1') return `The version of HTTP is ${httpVersion} (§4.1, item 2)`;
  if (!headers.host) return 'There is no Host (§4.1, item 4)';
  if (!/\bwebsocket\b/i.test(headers.upgrade ?? '')) return `Upgrade is "${headers.upgrade}" (§4.1, item 5)`;
  if (!/\bupgrade\b/i.test(headers.connection ?? '')) return `Connection is "${headers.connection}" (§4.1, item 6)`;
  const key = headers['sec-websocket-key'] ?? '';
  if (!/^[+/\dA-Za-z]{21}[AQgw]==$/.test(key)) return `Sec-WebSocket-Key is "${key}", and not 16 bytes (§4.1, item 7)`;
  const version = headers['sec-websocket-version'];
  return version === '13' ? '' : `Sec-WebSocket-Version is "${version}" (§4.1, item 9)`;
}

type Row = readonly [
  title: string,
  section: string,
  answer: (accept: string) => string,
  more?: Partial<ClientHandshakeCase>,
];

const valid: readonly Row[] = [
  ['The request, and the answer of §4.2.2', 'RFC 6455 §4.1', VALID, { judgeRequest }],
  [
    'Names in lower case',
    'RFC 6455 §4.1',
    (accept) => VALID(accept).replace(/^[\w-]+:/gm, (name) => name.toLowerCase()),
  ],
  ['Values in other letters', 'RFC 6455 §4.1', answerWith({ Upgrade: 'WebSocket', Connection: 'UPGRADE' })],
  ['Connection with other tokens', 'RFC 6455 §4.1', answerWith({ Connection: 'keep-alive, Upgrade' })],
  ['White space around the values', 'RFC 6455 §4.1', answerWith({ 'Sec-WebSocket-Accept': ' \t ACCEPT \t' })],
  [
    'Fields that nobody knows',
    'RFC 6455 §4.1',
    answerWith({ 'X-Other': 'a', Server: 'b', Date: 'Thu, 01 Jan 1970 00:00:00 GMT' }),
  ],
  ['Another reason phrase', 'RFC 9112 §4', answerWith({}, 'HTTP/1.1 101 Web Socket Protocol Handshake')],
  ['No reason phrase', 'RFC 9112 §4', answerWith({}, 'HTTP/1.1 101 ')],
  ['The answer in writes of one byte', 'RFC 6455 §4.1', VALID, { writeSize: 1 }],
  ['A message in the same write', 'RFC 6455 §4.1', VALID, { together: true }],
];

const invalid: readonly Row[] = [
  ['The status 200', 'RFC 6455 §4.1', answerWith({ 'Content-Length': '0' }, 'HTTP/1.1 200 OK')],
  ['The status 400', 'RFC 6455 §4.1', answerWith({ 'Content-Length': '0' }, 'HTTP/1.1 400 Bad Request')],
  ['The status 500', 'RFC 6455 §4.1', answerWith({ 'Content-Length': '0' }, 'HTTP/1.1 500 Internal Server Error')],
  ['No Upgrade', 'RFC 6455 §4.1', answerWith({ Upgrade: null })],
  ['Another value of Upgrade', 'RFC 6455 §4.1', answerWith({ Upgrade: 'h2c' })],
  ['A value of Upgrade that begins so', 'RFC 6455 §4.1', answerWith({ Upgrade: 'websockets' })],
  ['No Connection', 'RFC 6455 §4.1', answerWith({ Connection: null })],
  ['Connection without Upgrade', 'RFC 6455 §4.1', answerWith({ Connection: 'keep-alive' })],
  ['No Sec-WebSocket-Accept', 'RFC 6455 §4.1', answerWith({ 'Sec-WebSocket-Accept': null })],
  ['An empty Sec-WebSocket-Accept', 'RFC 6455 §4.1', answerWith({ 'Sec-WebSocket-Accept': '' })],
  [
    'The accept of another key',
    'RFC 6455 §4.1',
    answerWith({ 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }),
  ],
  [
    'The accept in lower case',
    'RFC 6455 §4.1',
    (accept) => answerWith({ 'Sec-WebSocket-Accept': accept.toLowerCase() })(accept),
  ],
  ['The accept with something behind it', 'RFC 6455 §4.1', answerWith({ 'Sec-WebSocket-Accept': 'ACCEPTx' })],
  [
    'The accept without its end',
    'RFC 6455 §4.1',
    (accept) => answerWith({ 'Sec-WebSocket-Accept': accept.slice(0, -1) })(accept),
  ],
  ['A subprotocol that was not offered', 'RFC 6455 §4.1', answerWith({ 'Sec-WebSocket-Protocol': 'x-not-offered' })],
  ['An extension that was not offered', 'RFC 6455 §4.1', answerWith({ 'Sec-WebSocket-Extensions': 'x-not-offered' })],
  ['An extension that is no extension', 'RFC 6455 §9.1', answerWith({ 'Sec-WebSocket-Extensions': ';=' })],
  ['permessage-deflate with an unknown parameter', 'RFC 7692 §7.1', answerWith(deflate('; x_unknown=1'))],
  [
    'permessage-deflate with a parameter twice',
    'RFC 7692 §7.1',
    answerWith(deflate('; server_no_context_takeover; server_no_context_takeover')),
  ],
  [
    'permessage-deflate with a value where none may be',
    'RFC 7692 §7.1.1.1',
    answerWith(deflate('; server_no_context_takeover=1')),
  ],
  [
    'permessage-deflate with a window of 7 bits',
    'RFC 7692 §7.1.2.1',
    answerWith(deflate('; server_max_window_bits=7')),
  ],
  [
    'permessage-deflate with a window of 16 bits',
    'RFC 7692 §7.1.2.2',
    answerWith(deflate('; client_max_window_bits=16')),
  ],
  [
    'permessage-deflate with a window without a value',
    'RFC 7692 §7.1.2.1',
    answerWith(deflate('; server_max_window_bits')),
  ],
  [
    'permessage-deflate with a window with a leading zero',
    'RFC 7692 §7.1.2.1',
    answerWith(deflate('; server_max_window_bits=010')),
  ],
  ['permessage-deflate twice', 'RFC 7692 §5', answerWith(deflate(', permessage-deflate'))],
];

function casesOf(group: string, accepts: boolean, rows: readonly Row[]): ClientHandshakeCase[] {
  return rows.map(([title, section, answer, more], index) => {
    return { id: `${group}.${index + 1}`, title, section, answer, accepts, ...more };
  });
}

/** 16: the opening handshake, seen from a server: RFC 6455 §4.1. Of clients only. */
export const clientHandshake: readonly ClientHandshakeCase[] = [
  ...casesOf('16.1', true, valid),
  ...casesOf('16.2', false, invalid),
];
