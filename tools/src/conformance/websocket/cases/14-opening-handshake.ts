import { described } from '../describe-pattern.ts';
import { frame } from '../frames.ts';
import type { ExpectedResponse, HandshakeCase } from '../handshake-case.ts';
import { acceptFor, SAMPLE_ACCEPT, SAMPLE_KEY, VERSION } from '../protocol.ts';
import { SENTENCES, type Sentence } from '../sentences.ts';
import { ping } from './dsl.ts';

const FIELDS: Readonly<Record<string, string>> = {
  Host: 'HOST',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': SAMPLE_KEY,
  'Sec-WebSocket-Version': VERSION,
};

/** RFC 6455 §4.2.2: what every 101 has, and no subprotocol or extension, as none is requested. */
const ACCEPTED: ExpectedResponse = {
  status: 101,
  fields: {
    upgrade: /^websocket$/i,
    connection: described('a list that contains Upgrade', /^(.*,)?\s*upgrade\s*(,.*)?$/i),
    'sec-websocket-accept': exactly(SAMPLE_ACCEPT),
    'sec-websocket-protocol': null,
    'sec-websocket-extensions': null,
  },
};
const REFUSED: ExpectedResponse = { status: 'refused' };
/** A server may treat the request as plain HTTP, and respond to that. */
const NOT_UPGRADED: ExpectedResponse = { status: 'other' };

function accepted(fields: Readonly<Record<string, RegExp | null>>): ExpectedResponse {
  return { status: 101, fields: { ...ACCEPTED.fields, ...fields } };
}

/** A pattern for a value in base64. */
function exactly(base64: string): RegExp {
  return new RegExp(`^${base64.replaceAll('+', '\\+')}$`);
}

/** A valid request with changes: null removes a field, a list repeats it. */
function request(
  changes: Readonly<Record<string, string | readonly string[] | null>> = {},
  line = 'GET PATH HTTP/1.1',
): string {
  const fields = Object.entries({ ...FIELDS, ...changes }).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((item) => `${name}: ${item}`),
  );
  return [line, ...fields, '', ''].join('\r\n');
}

type Row = readonly [
  title: string,
  section: string,
  request: string,
  expect: ExpectedResponse,
  nonStrict?: ExpectedResponse,
];

function group(prefix: string, rows: readonly Row[]): HandshakeCase[] {
  return rows.map(([title, section, text, expect, nonStrict], index) => ({
    id: `${prefix}.${index + 1}`,
    title,
    section,
    sentence: sentenceFor(section, expect),
    request: text,
    expect,
    ...(nonStrict && { nonStrict }),
  }));
}

/** The sentence of a section that demands this response; undefined if it is a matter of HTTP. */
function sentenceFor(section: string, { status }: ExpectedResponse): Sentence | undefined {
  const isAccepted = status === 101;
  switch (section) {
    case 'RFC 6455 §4.2.1':
      return isAccepted ? SENTENCES.acceptance : SENTENCES.handshake;
    case 'RFC 6455 §4.2.2':
      return Array.isArray(status) ? SENTENCES.version : SENTENCES.acceptance;
    case 'RFC 6455 §4.1':
      return SENTENCES.subprotocolElements;
    case 'RFC 6455 §11.3.4':
      return SENTENCES.subprotocol;
    case 'RFC 6455 §9.1':
      return isAccepted ? SENTENCES.unrequestedExtension : SENTENCES.extensionField;
    case 'RFC 6455 §11.3.1':
      return SENTENCES.oneKey;
    case 'RFC 7692 §7.1':
      return SENTENCES.negotiation;
    default:
      return undefined;
  }
}

/** Offers of permessage-deflate that a server with the extension accepts. */
function negotiations(
  rows: readonly (readonly [title: string, section: string, offers: string, answer: RegExp])[],
): HandshakeCase[] {
  return rows.map(([title, section, offers, answer], index) => ({
    id: `14.5.${index + 1}`,
    title: `permessage-deflate ${title}`,
    section: `RFC 7692 §${section}`,
    request: request({ 'Sec-WebSocket-Extensions': offers }),
    expect: accepted({ 'sec-websocket-extensions': answer }),
    unimplemented: ACCEPTED,
  }));
}

const deflate = (parameters: string): string =>
  request({ 'Sec-WebSocket-Extensions': `permessage-deflate; ${parameters}` });
const lowerCase = Object.fromEntries(Object.entries(FIELDS).map(([name, value]) => [name.toLowerCase(), value]));
const onlyLowerCase = [
  'GET PATH HTTP/1.1',
  ...Object.entries(lowerCase).map(([name, value]) => `${name}: ${value}`),
  '',
  '',
].join('\r\n');

const SLOW_REQUESTS: readonly (readonly [title: string, writeSize: readonly [number, number]])[] = [
  ['The request in writes of one byte', [1, 0]],
  ['The request in parts of 80 bytes with pauses', [80, 100]],
];

/** 14: the opening handshake, RFC 6455 §4, and the negotiation of RFC 7692 §7. For servers only. */
export const openingHandshake: readonly HandshakeCase[] = [
  ...group('14.1', [
    ['The request of §1.3', 'RFC 6455 §4.2.2', request(), ACCEPTED],
    ['Field names in lower case', 'RFC 6455 §4.2.1', onlyLowerCase, ACCEPTED],
    [
      'Field values in other case',
      'RFC 6455 §4.2.1',
      request({ Upgrade: 'WebSocket', Connection: 'UPGRADE' }),
      ACCEPTED,
    ],
    ['Connection with other tokens', 'RFC 6455 §4.2.1', request({ Connection: 'keep-alive, Upgrade' }), ACCEPTED],
    ['Connection in two fields', 'RFC 6455 §4.2.1', request({ Connection: ['keep-alive', 'Upgrade'] }), ACCEPTED],
    [
      'Unknown fields',
      'RFC 6455 §4.2.1',
      request({ 'X-Other': 'a', Cookie: 'b=c', Origin: 'http://a' }),
      ACCEPTED,
      REFUSED,
    ],
    ['White space around a value', 'RFC 7230 §3.2.4', request({ 'Sec-WebSocket-Key': ` \t${SAMPLE_KEY} ` }), ACCEPTED],
    [
      'An absolute URL as the request target',
      'RFC 6455 §4.2.1',
      request({}, 'GET http://HOST/PATH HTTP/1.1').replace('//HOST/PATH', '//HOSTPATH'),
      ACCEPTED,
      REFUSED,
    ],
    ['The method POST', 'RFC 6455 §4.2.1', request({}, 'POST PATH HTTP/1.1'), NOT_UPGRADED],
    ['HTTP/1.0', 'RFC 6455 §4.2.1', request({}, 'GET PATH HTTP/1.0'), NOT_UPGRADED],
    ['No Host', 'RFC 6455 §4.2.1', request({ Host: null }), REFUSED],
    ['No Upgrade', 'RFC 6455 §4.2.1', request({ Upgrade: null }), NOT_UPGRADED],
    ['Another value of Upgrade', 'RFC 6455 §4.2.1', request({ Upgrade: 'h2c' }), NOT_UPGRADED],
    ['No Connection', 'RFC 6455 §4.2.1', request({ Connection: null }), NOT_UPGRADED],
    ['Connection without Upgrade', 'RFC 6455 §4.2.1', request({ Connection: 'keep-alive' }), NOT_UPGRADED],
    ['No key', 'RFC 6455 §4.2.1', request({ 'Sec-WebSocket-Key': null }), REFUSED],
    ['An empty key', 'RFC 6455 §4.2.1', request({ 'Sec-WebSocket-Key': '' }), REFUSED],
    ...[
      ['A key of 15 bytes', 'MTIzNDU2Nzg5MDEyMzQ1'],
      ['A key of 17 bytes', 'MTIzNDU2Nzg5MDEyMzQ1Njc='],
      ['A key that is not base64', '!!!!!!!!!!!!!!!!!!!!!!=='],
    ].map(
      // RFC 6455 §4.2.2: "It is not necessary for the server to base64-decode" the key.
      ([title, key]): Row => [
        title!,
        'RFC 6455 §4.2.1',
        request({ 'Sec-WebSocket-Key': key! }),
        REFUSED,
        accepted({ 'sec-websocket-accept': exactly(acceptFor(key!)) }),
      ],
    ),
    ['Two keys', 'RFC 6455 §11.3.1', request({ 'Sec-WebSocket-Key': [SAMPLE_KEY, SAMPLE_KEY] }), REFUSED],
    ['No version', 'RFC 6455 §4.2.1', request({ 'Sec-WebSocket-Version': null }), REFUSED],
    ...['0', '12', '14', '99', '1300'].map(
      (version): Row => [
        `Version ${version}`,
        'RFC 6455 §4.2.2',
        request({ 'Sec-WebSocket-Version': version }),
        { status: [426], fields: { 'sec-websocket-version': /\b13\b/ } },
        { status: 'refused', fields: { 'sec-websocket-version': /\b13\b/ } },
      ],
    ),
    ['A version that is not a number', 'RFC 6455 §4.2.1', request({ 'Sec-WebSocket-Version': 'thirteen' }), REFUSED],
  ]),
  ...group('14.2', [
    [
      'An unknown subprotocol',
      'RFC 6455 §4.2.2',
      request({ 'Sec-WebSocket-Protocol': 'x-nobody-knows' }),
      accepted({
        'sec-websocket-protocol': described('no such field, or the offered subprotocol', /^(x-nobody-knows)?$/),
      }),
    ],
    [
      'Two subprotocols in one field',
      'RFC 6455 §4.2.2',
      request({ 'Sec-WebSocket-Protocol': 'x-one, x-two' }),
      accepted({
        'sec-websocket-protocol': described('no such field, or one of the offered subprotocols', /^(x-(one|two))?$/),
      }),
    ],
    [
      'Two subprotocols in two fields',
      'RFC 6455 §11.3.4',
      request({ 'Sec-WebSocket-Protocol': ['x-one', 'x-two'] }),
      accepted({
        'sec-websocket-protocol': described('no such field, or one of the offered subprotocols', /^(x-(one|two))?$/),
      }),
    ],
    [
      'A subprotocol that is not a token',
      'RFC 6455 §4.1',
      request({ 'Sec-WebSocket-Protocol': 'x one' }),
      REFUSED,
      ACCEPTED,
    ],
    [
      'A duplicate subprotocol',
      'RFC 6455 §4.1',
      request({ 'Sec-WebSocket-Protocol': 'x-one, x-one' }),
      REFUSED,
      accepted({ 'sec-websocket-protocol': described('no such field, or the offered subprotocol', /^(x-one)?$/) }),
    ],
  ]),
  ...group('14.3', [
    ['An unknown extension', 'RFC 6455 §9.1', request({ 'Sec-WebSocket-Extensions': 'x-nobody-knows; a=1' }), ACCEPTED],
    ['Malformed extensions', 'RFC 6455 §9.1', request({ 'Sec-WebSocket-Extensions': 'a; b=; =c,' }), REFUSED, ACCEPTED],
    ...(
      [
        ['an unknown parameter', 'x_unknown'],
        ['a server window of 7 bits', 'server_max_window_bits=7'],
        ['a server window of 16 bits', 'server_max_window_bits=16'],
        ['a server window with a leading zero', 'server_max_window_bits=08'],
        ['a server window without a value', 'server_max_window_bits'],
        ['a client window of 16 bits', 'client_max_window_bits=16'],
        ['a duplicate parameter', 'server_no_context_takeover; server_no_context_takeover'],
        ['a value for a parameter that takes none', 'server_no_context_takeover=1'],
      ] as const
    ).map(
      ([title, parameters]): Row => [
        `permessage-deflate with ${title}`,
        'RFC 7692 §7.1',
        deflate(parameters),
        ACCEPTED,
        REFUSED,
      ],
    ),
  ]),
  ...negotiations([
    [
      'without an offer of a client window',
      '7.1.2.2',
      'permessage-deflate',
      described(
        'permessage-deflate without client_max_window_bits',
        /^permessage-deflate(?!.*(client_max_window_bits|,))/,
      ),
    ],
    [
      'with a server window of 10 bits',
      '7.1.2.1',
      'permessage-deflate; server_max_window_bits=10',
      described(
        'permessage-deflate with server_max_window_bits of at most 10',
        /^permessage-deflate[^,]*server_max_window_bits="?(8|9|10)\b[^,]*$/,
      ),
    ],
    [
      'without context takeover on the server',
      '7.1.1.1',
      'permessage-deflate; server_no_context_takeover',
      described(
        'permessage-deflate with server_no_context_takeover',
        /^permessage-deflate[^,]*server_no_context_takeover[^,]*$/,
      ),
    ],
    [
      'as an invalid offer, then as a valid one',
      '7',
      'permessage-deflate; x_unknown, permessage-deflate',
      described('permessage-deflate without x_unknown', /^permessage-deflate(?!.*(x_unknown|,))/),
    ],
  ]),
  ...SLOW_REQUESTS.map(([title, writeSize], index) => ({
    id: `14.4.${index + 1}`,
    title,
    section: 'RFC 6455 §4.2.1',
    request: request(),
    writeSize,
    expect: ACCEPTED,
  })),
  {
    id: '14.4.3',
    title: 'A frame directly after the request',
    section: 'RFC 6455 §4.1',
    request: `${request()}${frame(ping('a')).toString('latin1')}`,
    expect: ACCEPTED,
    // RFC 6455 §4.1: a client must wait for the response.
    nonStrict: REFUSED,
  },
  {
    id: '14.4.4',
    title: 'A request pipelined after another one',
    section: 'RFC 9112 §9.3.2',
    before: 'HEAD PATH HTTP/1.1\r\nHost: HOST\r\n\r\n',
    request: request(),
    expect: ACCEPTED,
  },
];
