// The WebSocket of a page in jsdom.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { CookieJar, JSDOM } from 'jsdom';
import { WebSocketServer } from 'ws';
import { exchanged, say, sayApart } from '../transcript.js';

const http = createServer();
const server = new WebSocketServer({
  server: http,
  handleProtocols: (protocols) => (protocols.has('chat') ? 'chat' : false),
  verifyClient: ({ req }, next) => next(req.url !== '/refused', 403),
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
server.on('connection', (socket, request) => {
  const sayAtServer = sayApart(`server, ${request.url}`);
  const { origin, cookie } = request.headers;
  sayAtServer(`origin ${origin}, cookie ${cookie}, user agent ${/jsdom/.test(request.headers['user-agent'])}`);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('message', (data) => String(data) === 'close' && socket.close(4000, 'as asked'));
  socket.on('message', (data) => String(data) === 'reset' && setImmediate(() => request.socket.resetAndDestroy()));
  socket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
});
const cookieJar = new CookieJar();
const url = `ws://127.0.0.1:${http.address().port}`;
cookieJar.setCookieSync('a=1', url.replace('ws', 'http'));
const { window } = new JSDOM('', { url: 'http://localhost/', cookieJar });

async function use(path, protocols, sends, act = () => {}) {
  const socket = new window.WebSocket(url + path, protocols);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    say(`open ${socket.readyState}, protocol ${socket.protocol}, extensions ${socket.extensions}`);
    for (const message of sends) socket.send(message);
    if (sends.length > 0) say(`bufferedAmount ${socket.bufferedAmount > 0}`);
    act(socket);
  };
  socket.onmessage = ({ data, origin }) => {
    const text = typeof data === 'string' ? data : `${data.constructor.name} ${Buffer.from(data).toString('hex')}`;
    say(`${text.length > 100 ? `${text.length} characters` : text} from ${origin.replace(/\d+$/, 'port')}`);
  };
  socket.onerror = ({ type, message }) => say(`${type} ${message}`);
  const { code, reason, wasClean } = await new Promise((resolve) => socket.addEventListener('close', resolve));
  say(`${path}: close ${code} ${reason} ${wasClean}, state ${socket.readyState}`);
}
await use(
  '/all',
  ['other', 'chat'],
  [
    'grüße',
    '',
    'x'.repeat(1_000_000),
    new window.Uint8Array([1, 2, 3]),
    new window.Uint8Array([1, 2, 3]).buffer,
    new window.Blob(['blob']),
    'close',
  ],
);
await use('/closes', [], [], (socket) => socket.close(3000, 'the page closes'));
await use('/plain', [], [], (socket) => socket.close());
await use('/reset', [], ['reset']);
await use('/refused', [], []);
await use('/protocol', ['unknown'], []);
const early = new window.WebSocket(url);
const closed = new Promise((resolve) => early.addEventListener('close', resolve));
early.onerror = () => say('error before the connection opens');
early.close();
say(`closed early ${(await closed).code} ${(await closed).wasClean}`);
for (const act of [
  () => new window.WebSocket('ftp://localhost/'),
  () => new window.WebSocket('ws://localhost/#fragment'),
  () => new window.WebSocket(url, ['a', 'a']),
  () => early.close(999),
]) {
  try {
    act();
    say('does not throw');
  } catch ({ name }) {
    say(`throws ${name}`);
  }
}
window.close();
server.close();
await new Promise((resolve) => http.close(resolve));
exchanged(
  'text, bytes and a Blob of a page, cookies, subprotocols, closing handshakes, a refused handshake, a reset, and wrong arguments',
);
