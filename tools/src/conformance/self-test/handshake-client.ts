import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { frame } from '../websocket/frames.ts';
import { acceptFor, Opcode } from '../websocket/protocol.ts';
import { EchoAgent } from './echo-agent.ts';
import { STANDARD as ECHO } from './echo-behaviour.ts';

type Fields = Readonly<Record<string, string>>;

/** How a client validates a response. A fault changes one of these functions. */
export interface HandshakeClientBehaviour {
  readonly status: (line: string) => boolean;
  readonly upgrade: (value: string) => boolean;
  readonly connection: (value: string) => boolean;
  readonly accept: (value: string, expected: string) => boolean;
  readonly protocol: (value: string) => boolean;
  readonly extensions: (value: string) => boolean;
  readonly name: (name: string) => string;
  readonly keepsRest: boolean;
  readonly waits: boolean;
  readonly closes: boolean;
  readonly request: Fields;
  /** Octets that it sends with its request. */
  readonly early: Buffer;
  /** Added to the path of its request. */
  readonly suffix: string;
  /** Whether it joins the values of a repeated field. */
  readonly joins: boolean;
}

export const STANDARD: HandshakeClientBehaviour = {
  status: (line) => line.startsWith('HTTP/1.1 101 '),
  upgrade: (value) => value.toLowerCase() === 'websocket',
  connection: (value) =>
    value
      .toLowerCase()
      .split(/\s*,\s*/)
      .includes('upgrade'),
  accept: (value, expected) => value === expected,
  protocol: (value) => value === '',
  extensions: (value) => value === '',
  name: (name) => name.toLowerCase(),
  keepsRest: true,
  waits: true,
  closes: true,
  request: {},
  early: Buffer.alloc(0),
  suffix: '',
  joins: true,
};

/** Runs a case. Resolves when the TCP connection is closed. */
export function runHandshakeClient(address: string, path: string, behaviour: HandshakeClientBehaviour): Promise<void> {
  const socket = connect(Number(new URL(`http://${address}`).port), '127.0.0.1');
  const key = randomBytes(16).toString('base64');
  const fields: Fields = {
    Host: address,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Version': '13',
    ...behaviour.request,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  const head = [`GET ${path}${behaviour.suffix} HTTP/1.1`, ...lines, '', ''].join('\r\n');
  socket.write(Buffer.concat([Buffer.from(head), behaviour.early]));
  let received = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf('\r\n\r\n');
    if (end === -1 && behaviour.waits) return;
    socket.off('data', read);
    const isRight = looksRight(received.toString('latin1', 0, end), acceptFor(fields['Sec-WebSocket-Key']!), behaviour);
    if (isRight) new EchoAgent(socket, behaviour.keepsRest ? received.subarray(end + 4) : Buffer.alloc(0), false, ECHO);
    else if (behaviour.closes) socket.destroy();
    else socket.resume();
  };
  socket.on('data', read);
  socket.on('error', () => {});
  return new Promise((resolve) => socket.on('close', () => resolve()));
}

function looksRight(head: string, expected: string, behaviour: HandshakeClientBehaviour): boolean {
  const [line = '', ...rest] = head.split('\r\n');
  const fields: Record<string, string> = {};
  for (const one of rest) {
    const colon = one.indexOf(':');
    const [name, value] = [behaviour.name(one.slice(0, colon)), one.slice(colon + 1).trim()];
    fields[name] = behaviour.joins && name in fields ? `${fields[name]}, ${value}` : value;
  }
  const value = (name: string): string => fields[name] ?? fields[behaviour.name(name)] ?? '';
  return (
    behaviour.status(line) &&
    behaviour.upgrade(value('upgrade')) &&
    behaviour.connection(value('connection')) &&
    behaviour.accept(value('sec-websocket-accept'), expected) &&
    behaviour.protocol(value('sec-websocket-protocol')) &&
    behaviour.extensions(value('sec-websocket-extensions'))
  );
}

const offering = (extensions: string): Partial<HandshakeClientBehaviour> => ({
  request: { 'Sec-WebSocket-Extensions': extensions },
});

const REQUEST_FAULTS: readonly (readonly [fault: string, changes: Partial<HandshakeClientBehaviour>])[] = [
  ['sends another version', { request: { 'Sec-WebSocket-Version': '8' } }],
  ['requests an upgrade to another protocol', { request: { Upgrade: 'x-websocket' } }],
  ['does not request an upgrade', { request: { Connection: 'keep-alive' } }],
  ['offers a subprotocol twice', { request: { 'Sec-WebSocket-Protocol': 'a, a' } }],
  ['offers a subprotocol that is not a token', { request: { 'Sec-WebSocket-Protocol': 'a b' } }],
  ['offers malformed extensions', offering('a; =1')],
  ['offers an unknown parameter', offering('permessage-deflate; x_other=1')],
  ['offers a window of 7 bits', offering('permessage-deflate; server_max_window_bits=7')],
  ['offers a parameter twice', offering('permessage-deflate; client_max_window_bits; client_max_window_bits=10')],
  ['offers a value for a parameter that takes none', offering('permessage-deflate; server_no_context_takeover=1')],
  ['sends a frame with its request', { early: frame({ opcode: Opcode.PING }) }],
  ['sends the fragment of its URL', { suffix: '#fragment' }],
];

export const HANDSHAKE_CLIENT_FAULTS: readonly (readonly [
  fault: string,
  changes: Partial<HandshakeClientBehaviour>,
  caughtBy: readonly string[],
])[] = [
  ['accepts any status', { status: () => true }, ['Status 200', 'Status 400', 'Status 500']],
  [
    'requires the reason phrase',
    { status: (line) => line.endsWith('Switching Protocols') },
    ['Another reason phrase', 'No reason phrase'],
  ],
  [
    'does not check Upgrade',
    { upgrade: () => true },
    ['No Upgrade', 'Another value of Upgrade', 'A value of Upgrade that starts with websocket'],
  ],
  [
    'checks only the beginning of Upgrade',
    { upgrade: (value) => /^websocket/i.test(value) },
    ['A value of Upgrade that starts with websocket', 'websocket as one of two values of Upgrade'],
  ],
  [
    'checks only the beginning of Connection',
    { connection: (value) => /(^|,)\s*upgrade/i.test(value) },
    ['A value of Connection that starts with Upgrade'],
  ],
  ['reads only the last of two values', { joins: false }, ['Two values of Sec-WebSocket-Accept']],
  ['compares Upgrade with case', { upgrade: (value) => value === 'websocket' }, ['Field values in other case']],
  ['does not check Connection', { connection: () => true }, ['No Connection', 'Connection without Upgrade']],
  [
    'accepts no other token in Connection',
    { connection: (value) => value.toLowerCase() === 'upgrade' },
    ['Connection with other tokens'],
  ],
  [
    'does not check Sec-WebSocket-Accept',
    { accept: () => true },
    [
      'No Sec-WebSocket-Accept',
      'An empty Sec-WebSocket-Accept',
      'The accept value of another key',
      'The accept value in lower case',
      'The accept value with an additional character',
      'The accept value without its last character',
    ],
  ],
  ['accepts any Sec-WebSocket-Accept', { accept: (value) => value !== '' }, ['The accept value of another key']],
  [
    'compares Sec-WebSocket-Accept without case',
    { accept: (value, expected) => value.toLowerCase() === expected.toLowerCase() },
    ['The accept value in lower case'],
  ],
  [
    'compares only the expected beginning of Sec-WebSocket-Accept',
    { accept: (value, expected) => value.startsWith(expected) },
    ['The accept value with an additional character'],
  ],
  [
    'accepts a truncated Sec-WebSocket-Accept',
    { accept: (value, expected) => value !== '' && expected.startsWith(value) },
    ['The accept value without its last character'],
  ],
  ['accepts any subprotocol', { protocol: () => true }, ['A subprotocol that was not offered']],
  [
    'accepts any extension',
    { extensions: () => true },
    [
      'An extension that was not offered',
      'permessage-deflate and an extension that was not offered',
      'permessage-deflate with a client window without a value',
      'Malformed extensions',
      'permessage-deflate with an unknown parameter',
      'permessage-deflate with a duplicate parameter',
      'permessage-deflate with a value for a parameter that takes none',
      'permessage-deflate with a window of 7 bits',
      'permessage-deflate with a window of 16 bits',
      'permessage-deflate with a window size without a value',
      'permessage-deflate with a window size with a leading zero',
      'permessage-deflate twice',
    ],
  ],
  [
    'compares field names with case',
    {
      name: (name) =>
        name
          .replace(/^[A-Z].*/, (one) => one.toLowerCase())
          .replace(/^[a-z].*/, (one) => (/[A-Z]/.test(name) ? one : 'x')),
    },
    ['Field names in lower case'],
  ],
  ['loses the bytes after the response', { keepsRest: false }, ['The response and a message in one write']],
  ['treats the first segment as the response', { waits: false }, ['The response in writes of one byte']],
  ['stays connected after an invalid response', { closes: false }, ['No Sec-WebSocket-Accept']],
  [
    'sends a key of 15 bytes',
    { request: { 'Sec-WebSocket-Key': 'MTIzNDU2Nzg5MDEyMzQ1' } },
    ['The response of §4.2.2, and a check of the request'],
  ],
  ...REQUEST_FAULTS.map(
    ([fault, changes]) => [fault, changes, ['The response of §4.2.2, and a check of the request']] as const,
  ),
];
