import type { ClientHandshakeCase } from '../client-handshake-case.ts';
import { judgeKey, judgeRequest } from '../judge-request.ts';
import { SAMPLE_ACCEPT } from '../protocol.ts';

type Fields = Readonly<Record<string, string | readonly string[] | null>>;

/** A valid response with changes: null removes a field, a list repeats it. */
const responseWith =
  (changes: Fields, status = 'HTTP/1.1 101 Switching Protocols') =>
  (accept: string): string => {
    const fields: Fields = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': accept, ...changes };
    const lines = Object.entries(fields).flatMap(([name, value]) =>
      value === null ? [] : [value].flat().map((item) => `${name}: ${item.replace('ACCEPT', accept)}`),
    );
    return [status, ...lines, '', ''].join('\r\n');
  };

const VALID = responseWith({});
const deflate = (parameters: string): Fields => ({ 'Sec-WebSocket-Extensions': `permessage-deflate${parameters}` });

type Row = readonly [
  title: string,
  section: string,
  response: (accept: string) => string,
  more?: Partial<ClientHandshakeCase>,
];

const valid: readonly Row[] = [
  ['The response of §4.2.2, and a check of the request', 'RFC 6455 §4.1', VALID, { judgeRequest }],
  [
    'Field names in lower case',
    'RFC 6455 §4.1',
    (accept) => VALID(accept).replace(/^[\w-]+:/gm, (name) => name.toLowerCase()),
  ],
  ['Field values in other case', 'RFC 6455 §4.1', responseWith({ Upgrade: 'WebSocket', Connection: 'UPGRADE' })],
  ['Connection with other tokens', 'RFC 6455 §4.1', responseWith({ Connection: 'keep-alive, Upgrade' })],
  ['White space around a value', 'RFC 6455 §4.1', responseWith({ 'Sec-WebSocket-Accept': ' \t ACCEPT \t' })],
  [
    'Unknown fields',
    'RFC 6455 §4.1',
    responseWith({ 'X-Other': 'a', Server: 'b', Date: 'Thu, 01 Jan 1970 00:00:00 GMT' }),
  ],
  ['Another reason phrase', 'RFC 9112 §4', responseWith({}, 'HTTP/1.1 101 Web Socket Protocol Handshake')],
  ['No reason phrase', 'RFC 9112 §4', responseWith({}, 'HTTP/1.1 101 ')],
  ['The response in writes of one byte', 'RFC 6455 §4.1', VALID, { writeSize: 1 }],
  ['The response and a message in one write', 'RFC 6455 §4.1', VALID, { messageWithResponse: true }],
  ['A check of the key: it differs from those of earlier requests', 'RFC 6455 §4.1', VALID, { judgeRequest: judgeKey }],
];

const invalid: readonly Row[] = [
  ['Status 200', 'RFC 6455 §4.1', responseWith({ 'Content-Length': '0' }, 'HTTP/1.1 200 OK')],
  ['Status 400', 'RFC 6455 §4.1', responseWith({ 'Content-Length': '0' }, 'HTTP/1.1 400 Bad Request')],
  ['Status 500', 'RFC 6455 §4.1', responseWith({ 'Content-Length': '0' }, 'HTTP/1.1 500 Internal Server Error')],
  ['No Upgrade', 'RFC 6455 §4.1', responseWith({ Upgrade: null })],
  ['Another value of Upgrade', 'RFC 6455 §4.1', responseWith({ Upgrade: 'h2c' })],
  ['A value of Upgrade that starts with websocket', 'RFC 6455 §4.1', responseWith({ Upgrade: 'websockets' })],
  ['No Connection', 'RFC 6455 §4.1', responseWith({ Connection: null })],
  ['Connection without Upgrade', 'RFC 6455 §4.1', responseWith({ Connection: 'keep-alive' })],
  ['No Sec-WebSocket-Accept', 'RFC 6455 §4.1', responseWith({ 'Sec-WebSocket-Accept': null })],
  ['An empty Sec-WebSocket-Accept', 'RFC 6455 §4.1', responseWith({ 'Sec-WebSocket-Accept': '' })],
  ['The accept value of another key', 'RFC 6455 §4.1', responseWith({ 'Sec-WebSocket-Accept': SAMPLE_ACCEPT })],
  [
    'The accept value in lower case',
    'RFC 6455 §4.1',
    (accept) => responseWith({ 'Sec-WebSocket-Accept': accept.toLowerCase() })(accept),
  ],
  [
    'The accept value with an additional character',
    'RFC 6455 §4.1',
    responseWith({ 'Sec-WebSocket-Accept': 'ACCEPTx' }),
  ],
  [
    'The accept value without its last character',
    'RFC 6455 §4.1',
    (accept) => responseWith({ 'Sec-WebSocket-Accept': accept.slice(0, -1) })(accept),
  ],
  ['A subprotocol that was not offered', 'RFC 6455 §4.1', responseWith({ 'Sec-WebSocket-Protocol': 'x-not-offered' })],
  ['An extension that was not offered', 'RFC 6455 §4.1', responseWith({ 'Sec-WebSocket-Extensions': 'x-not-offered' })],
  ['Malformed extensions', 'RFC 6455 §9.1', responseWith({ 'Sec-WebSocket-Extensions': ';=' })],
  ['permessage-deflate with an unknown parameter', 'RFC 7692 §7.1', responseWith(deflate('; x_unknown=1'))],
  [
    'permessage-deflate with a duplicate parameter',
    'RFC 7692 §7.1',
    responseWith(deflate('; server_no_context_takeover; server_no_context_takeover')),
  ],
  [
    'permessage-deflate with a value for a parameter that takes none',
    'RFC 7692 §7.1.1.1',
    responseWith(deflate('; server_no_context_takeover=1')),
  ],
  [
    'permessage-deflate with a window of 7 bits',
    'RFC 7692 §7.1.2.1',
    responseWith(deflate('; server_max_window_bits=7')),
  ],
  [
    'permessage-deflate with a window of 16 bits',
    'RFC 7692 §7.1.2.2',
    responseWith(deflate('; client_max_window_bits=16')),
  ],
  [
    'permessage-deflate with a window size without a value',
    'RFC 7692 §7.1.2.1',
    responseWith(deflate('; server_max_window_bits')),
  ],
  [
    'permessage-deflate with a window size with a leading zero',
    'RFC 7692 §7.1.2.1',
    responseWith(deflate('; server_max_window_bits=010')),
  ],
  ['permessage-deflate twice', 'RFC 7692 §5', responseWith(deflate(', permessage-deflate'))],
  ['websocket as one of two values of Upgrade', 'RFC 6455 §4.1', responseWith({ Upgrade: 'websocket, h2c' })],
  ['A value of Connection that starts with Upgrade', 'RFC 6455 §4.1', responseWith({ Connection: 'Upgrades' })],
  [
    'Two values of Sec-WebSocket-Accept',
    'RFC 6455 §4.1',
    responseWith({ 'Sec-WebSocket-Accept': ['ACCEPT', 'ACCEPT'] }),
  ],
  [
    'permessage-deflate with a client window without a value',
    'RFC 7692 §7.1.2.2',
    responseWith(deflate('; client_max_window_bits')),
  ],
  [
    'permessage-deflate and an extension that was not offered',
    'RFC 6455 §4.1',
    responseWith(deflate(', x-not-offered')),
  ],
];

function casesOf(group: string, accepts: boolean, rows: readonly Row[]): ClientHandshakeCase[] {
  return rows.map(([title, section, response, more], index) => {
    return { id: `${group}.${index + 1}`, title, section, response, accepts, ...more };
  });
}

/** 16: the opening handshake, RFC 6455 §4.1. For clients only. */
export const clientHandshake: readonly ClientHandshakeCase[] = [
  ...casesOf('16.1', true, valid),
  ...casesOf('16.2', false, invalid),
];
