import { upgradeRequest } from '../support/raw-peer.ts';
import type { ServerAttack } from './attack.ts';

const request = (changes: Parameters<typeof upgradeRequest>[0], line?: string) => () => [upgradeRequest(changes, line)];
const VERSION = /^Sec-WebSocket-Version: 13\r$/im;

/** Attacks on the opening handshake of a server. */
const ROWS: readonly ServerAttack[] = [
  {
    title: 'method POST',
    section: 'RFC 6455 §4.2.1',
    send: request({}, 'POST / HTTP/1.1'),
    answer: { status: 405, lines: [/^Allow: GET\r$/im] },
  },
  {
    title: 'HTTP/1.0',
    section: 'RFC 6455 §4.2.1',
    send: request({}, 'GET / HTTP/1.0'),
    answer: { status: 400 },
    ofWs: false,
  },
  { title: 'no Host', section: 'RFC 6455 §4.2.1', send: request({ Host: null }), answer: { status: 400 } },
  {
    title: 'two Host header fields',
    section: 'RFC 6455 §4.2.1',
    send: request({ Host: ['a', 'b'] }),
    answer: { status: 400 },
  },
  {
    title: 'Upgrade: h2c',
    section: 'RFC 9110 §7.8',
    send: request({ Upgrade: 'h2c' }),
    // The application's HTTP server responds, because this is not a WebSocket handshake.
    answer: { status: 200 },
    ofWs: false,
  },
  {
    title: 'no Sec-WebSocket-Key',
    section: 'RFC 6455 §4.2.1',
    send: request({ 'Sec-WebSocket-Key': null }),
    answer: { status: 400 },
  },
  {
    title: 'a Sec-WebSocket-Key that is not base64',
    section: 'RFC 6455 §4.2.1',
    send: request({ 'Sec-WebSocket-Key': '????' }),
    answer: { status: 400 },
  },
  {
    title: 'a Sec-WebSocket-Key of 15 bytes',
    section: 'RFC 6455 §4.2.1',
    send: request({ 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAA' }),
    answer: { status: 400 },
  },
  {
    title: 'two Sec-WebSocket-Key header fields',
    section: 'RFC 6455 §11.3.1',
    send: request({ 'Sec-WebSocket-Key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='] }),
    answer: { status: 400 },
  },
  {
    title: 'version 12',
    section: 'RFC 6455 §4.2.2',
    send: request({ 'Sec-WebSocket-Version': '12' }),
    answer: { status: 426, lines: [VERSION] },
    ofWs: false,
  },
  {
    title: 'two Sec-WebSocket-Version header fields',
    section: 'RFC 6455 §11.3.5',
    send: request({ 'Sec-WebSocket-Version': ['13', '13'] }),
    answer: { status: 400, lines: [VERSION] },
  },
  {
    title: 'a duplicate subprotocol',
    section: 'RFC 6455 §4.1',
    send: request({ 'Sec-WebSocket-Protocol': 'a, a' }),
    answer: { status: 400 },
  },
  {
    title: 'a subprotocol that is not a token',
    section: 'RFC 6455 §4.1',
    send: request({ 'Sec-WebSocket-Protocol': 'a b' }),
    answer: { status: 400 },
  },
  {
    title: 'a malformed Sec-WebSocket-Extensions',
    section: 'RFC 6455 §9.1',
    send: request({ 'Sec-WebSocket-Extensions': 'a; =;;' }),
    answer: { status: 400 },
  },
  {
    title: '10,000 extensions',
    section: 'RFC 6455 §9.1',
    send: request({ 'Sec-WebSocket-Extensions': 'a,'.repeat(5_000) }),
    answer: { status: 101 },
  },
  {
    title: 'an unterminated quoted string',
    section: 'RFC 6455 §9.1',
    send: request({ 'Sec-WebSocket-Extensions': `a; b="${'\\'.repeat(12_000)}` }),
    answer: { status: 400 },
  },
  {
    title: '12,000 spaces in a list',
    section: 'RFC 6455 §9.1',
    send: request({ 'Sec-WebSocket-Extensions': `a;${' '.repeat(12_000)}b c` }),
    answer: { status: 400 },
  },
  {
    title: '12,000 commas in Connection',
    section: 'RFC 6455 §4.2.1',
    send: request({ Connection: `${','.repeat(12_000)} Upgrade` }),
    answer: { status: 101 },
    ofWs: false,
  },
  {
    title: 'garbage instead of HTTP',
    section: 'RFC 6455 §4.2.2',
    send: () => ['\x16\x03\x01\x02 this is TLS\r\n\r\n'],
    answer: { status: 400 },
  },
  {
    title: 'a header field of 20 KB',
    section: 'RFC 6585 §5',
    send: request({ 'X-Long': 'x'.repeat(20_000) }),
    answer: { status: 431 },
  },
  {
    title: '5,000 header fields',
    section: 'RFC 6585 §5',
    send: request({ 'X-Many': Array.from({ length: 5_000 }, () => 'x') }),
    answer: { status: 431 },
  },
  {
    title: 'a request line that never ends',
    section: 'RFC 6585 §5',
    send: () => ['GET /', ...Array.from({ length: 20 }, () => 'a'.repeat(1_000))],
    answer: 'the end',
  },
  {
    title: 'a header field smuggled after a bare LF',
    section: 'RFC 9112 §2.2',
    send: () => [`${upgradeRequest().slice(0, -2)}Transfer-Encoding: chunked\nContent-Length: 5\r\n\r\n`],
    answer: { status: 400 },
  },
  {
    title: 'a request that is never complete',
    section: 'RFC 9110 §15.5.9',
    // Long enough for the bystander's handshake.
    options: { handshakeTimeout: 1_000 },
    send: () => [upgradeRequest().slice(0, -10)],
    answer: { status: 408 },
    ofWs: false,
  },
  {
    title: 'a second upgrade request where the first frame must follow',
    section: 'RFC 6455 §5.1',
    send: () => [upgradeRequest() + upgradeRequest()],
    answer: { status: 101 },
  },
  {
    title: 'more connections than maxConnections',
    section: 'RFC 9110 §15.6.4',
    options: { maxConnections: 1 },
    send: request({}),
    answer: { status: 503, lines: [/^Retry-After: \d+\r$/im] },
    ofWs: false,
  },
];

export const UPGRADE_ATTACKS: readonly ServerAttack[] = ROWS.map((attack) => ({ open: false, ...attack }));
