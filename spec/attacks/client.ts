import { deflateBomb } from '../support/bomb.ts';
import { frame } from '../support/frames.ts';
import { upgradeResponse } from '../support/raw-peer.ts';
import type { ClientAttack } from './attack.ts';

const unmasked = (description: Parameters<typeof frame>[0]): Buffer => frame({ ...description, mask: false });
const response = (changes: Parameters<typeof upgradeResponse>[1]) => (head: string) => [upgradeResponse(head, changes)];
/** A valid response to the opening handshake, followed by `after`. */
const opened =
  (...after: Buffer[]) =>
  (head: string) => [Buffer.concat([Buffer.from(upgradeResponse(head)), ...after])];
const deflating =
  (...after: Buffer[]) =>
  (head: string) => [
    Buffer.concat([Buffer.from(upgradeResponse(head, { 'Sec-WebSocket-Extensions': 'permessage-deflate' })), ...after]),
  ];

/** Attacks of a server on a client. */
export const CLIENT_ATTACKS: readonly ClientAttack[] = [
  {
    title: 'no Sec-WebSocket-Accept',
    section: 'RFC 6455 §4.1',
    respond: response({ 'Sec-WebSocket-Accept': null }),
    error: 'WS_ERR_INVALID_ACCEPT',
  },
  {
    title: 'the Sec-WebSocket-Accept of another key',
    section: 'RFC 6455 §4.1',
    respond: response({ 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }),
    error: 'WS_ERR_INVALID_ACCEPT',
  },
  {
    title: 'no Upgrade',
    section: 'RFC 6455 §4.1',
    respond: response({ Upgrade: null }),
    error: 'WS_ERR_INVALID_UPGRADE',
  },
  {
    title: 'no Connection',
    section: 'RFC 6455 §4.1',
    respond: response({ Connection: null }),
    error: 'WS_ERR_INVALID_CONNECTION',
  },
  {
    title: 'a subprotocol that was not requested',
    section: 'RFC 6455 §4.1',
    respond: response({ 'Sec-WebSocket-Protocol': 'x' }),
    error: 'WS_ERR_INVALID_PROTOCOL',
  },
  {
    title: 'an extension that was not offered',
    section: 'RFC 6455 §9.1',
    respond: response({ 'Sec-WebSocket-Extensions': 'x' }),
    error: 'WS_ERR_INVALID_EXTENSIONS',
  },
  {
    title: 'a window of 16 bits',
    section: 'RFC 7692 §7.1.2',
    respond: response({ 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=16' }),
    error: 'WS_ERR_INVALID_EXTENSIONS',
  },
  {
    title: 'status 200',
    section: 'RFC 6455 §4.1',
    respond: () => ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    error: 'WS_ERR_UNEXPECTED_RESPONSE',
  },
  {
    title: 'garbage instead of HTTP',
    section: 'RFC 6455 §4.1',
    respond: () => [unmasked({ opcode: 1, payload: 'no HTTP' })],
    error: 'HPE_INVALID_CONSTANT',
  },
  {
    title: 'a connection that ends without a response',
    section: 'RFC 6455 §4.1',
    respond: () => [null],
    error: 'ECONNRESET',
  },
  {
    title: 'a response that never ends',
    section: 'RFC 6455 §4.1',
    options: { handshakeTimeout: 200 },
    respond: () => ['HTTP/1.1 101 Switching Protocols\r\nX: y\r\n'],
    error: 'WS_ERR_HANDSHAKE_TIMEOUT',
  },
  {
    title: 'endless header fields',
    section: 'RFC 6455 §4.1',
    respond: endlessHeaders,
    error: 'HPE_HEADER_OVERFLOW',
  },
  {
    title: 'a redirect, which is not followed',
    section: 'RFC 6455 §4.1',
    respond: (_head, port) => [redirect(port)],
    error: 'WS_ERR_UNEXPECTED_RESPONSE',
  },
  {
    title: 'a redirect loop',
    section: 'RFC 9110 §15.4',
    options: { followRedirects: true, maxRedirects: 5 },
    respond: (_head, port) => [redirect(port)],
    error: 'WS_ERR_TOO_MANY_REDIRECTS',
  },
  {
    title: 'a redirect to another scheme',
    section: 'RFC 6455 §3',
    options: { followRedirects: true },
    respond: () => ['HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n'],
    error: 'WS_ERR_INVALID_URL',
  },
  {
    title: 'a masked frame',
    section: 'RFC 6455 §5.1',
    respond: opened(frame({ opcode: 1, payload: 'a' })),
    error: 'WS_ERR_UNEXPECTED_MASK',
  },
  {
    title: 'a reserved opcode in the same packet as the response',
    section: 'RFC 6455 §5.2',
    respond: opened(unmasked({ opcode: 3 })),
    error: 'WS_ERR_INVALID_OPCODE',
  },
  {
    title: 'a frame longer than maxPayload',
    section: 'RFC 6455 §10.4',
    respond: opened(unmasked({ opcode: 2, length: 2 ** 40, form: 64 })),
    error: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  },
  {
    title: 'a decompression bomb of 256 MiB',
    section: 'RFC 6455 §10.4',
    respond: deflating(unmasked({ rsv: 4, opcode: 2, payload: deflateBomb(256) })),
    error: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    bound: 64 * 1024 * 1024,
  },
  {
    title: 'a compressed message that is not DEFLATE data',
    section: 'RFC 7692 §7.2.2',
    respond: deflating(unmasked({ rsv: 4, opcode: 2, payload: Buffer.alloc(100, 0xff) })),
    error: 'WS_ERR_INVALID_DEFLATE',
  },
  {
    title: 'text that is not UTF-8',
    section: 'RFC 6455 §8.1',
    respond: opened(unmasked({ opcode: 1, payload: Buffer.of(0xff) })),
    error: 'WS_ERR_INVALID_UTF8',
  },
  {
    title: 'a server that does not answer pings',
    section: 'RFC 6455 §5.5.2',
    options: { heartbeatInterval: 50, heartbeatTimeout: 50 },
    respond: opened(),
    error: 'WS_ERR_UNRESPONSIVE',
  },
  // The other origin accepts the client only if it receives the credentials. Otherwise, it responds with 401.
  {
    title: 'a redirect to another origin that collects credentials',
    section: 'RFC 6455 §4.1',
    options: { followRedirects: true, auth: 'user:secret', headers: { Cookie: 'session=secret' } },
    respond: stealing,
    error: 'WS_ERR_UNEXPECTED_RESPONSE',
  },
];

function redirect(port: number): string {
  return `HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:${port}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
}

function* endlessHeaders(): Iterable<string> {
  yield 'HTTP/1.1 101 Switching Protocols\r\n';
  for (let count = 0; count < 1000; count++) yield `X-${count}: ${'x'.repeat(1000)}\r\n`;
}

function stealing(head: string, port: number): string[] {
  if (head.includes('Host: 127.0.0.1:')) return [redirect(port).replace('127.0.0.1', 'localhost')];
  const stolen = /authorization|secret/i.test(head);
  return [stolen ? upgradeResponse(head) : 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'];
}
