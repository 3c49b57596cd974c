// isomorphic-ws, by import and by require: its class, its server, and its streams are those of the package installed as `ws`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import WebSocket from 'isomorphic-ws';
import * as ws from 'ws';
import { brief, exchanged, say, sayApart, sayDifferent, watch } from '../transcript.js';

const required = createRequire(import.meta.url)('isomorphic-ws');
say(`the same by import and by require: ${required === WebSocket}`);
sayDifferent(
  'an ES module and a CommonJS module have classes of their own, for `instanceof`',
  WebSocket === ws.WebSocket,
  {
    ws: true,
    pushwire: false,
  },
);
say(
  `members: ${['Server', 'WebSocketServer', 'WebSocket', 'createWebSocketStream'].map((name) => typeof WebSocket[name])}`,
);
say(`states: ${['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].map((name) => WebSocket[name])}`);

const http = createServer();
const sockets = [];
http.on('upgrade', (_, socket) => sockets.push(socket));
const server = new WebSocket.Server({
  server: http,
  maxPayload: 2_000_000,
  handleProtocols: (protocols) => (protocols.has('chat') ? 'chat' : false),
  verifyClient: ({ req }, callback) => callback(req.url !== '/refused', 402, 'pay first'),
});
const sayAtServer = sayApart('server');
server.on('connection', (socket, { url }) => {
  sayAtServer(`connection ${url} ${socket.protocol}`);
  socket.on('error', ({ code }) => sayAtServer(`error ${code}`));
  socket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
  if (url === '/stream') {
    const stream = WebSocket.createWebSocketStream(socket);
    stream.pipe(stream);
  } else socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;

/** Opens a connection. `closed` resolves when both ends have seen the close. */
async function open(name, path, ...options) {
  const noticed = once(server, 'connection').then(
    ([webSocket]) => new Promise((resolve) => webSocket.on('close', resolve)),
  );
  const socket = new WebSocket(`${url}${path}`, ...options);
  const closed = Promise.all([watch(name, socket), noticed]);
  await once(socket, 'open');
  return { socket, closed };
}
const { socket, closed } = await open('client', '/', ['other', 'chat']);
for (const data of ['grüße ☺', 'x'.repeat(1_000_000), Buffer.alloc(1_000_000, 7), new Uint8Array([1, 2, 3]), '']) {
  const answer = once(socket, 'message');
  socket.send(data);
  await answer;
}
for (const binaryType of ['arraybuffer', 'fragments', 'nodebuffer']) {
  socket.binaryType = binaryType;
  const answer = new Promise((resolve) => {
    socket.onmessage = resolve;
  });
  socket.send(Buffer.from('bytes'));
  const { data } = await answer;
  say(`${socket.binaryType}: ${data.constructor.name} ${brief(Array.isArray(data) ? Buffer.concat(data) : data)}`);
}
const ponged = once(socket, 'pong');
socket.ping('are you there?');
say(`pong: ${(await ponged)[0]}`);
socket.close(4000, 'bye');
await closed;

const streaming = await open('stream', '/stream');
const stream = WebSocket.createWebSocketStream(streaming.socket, { encoding: 'utf8' });
const received = text(stream);
stream.end('through a stream');
say(`stream: ${await received}`);
await streaming.closed;
for (const [name, end] of [
  ['reset', () => sockets.at(-1).resetAndDestroy()],
  ['too large', (client) => client.send('y'.repeat(2_000_001))],
  ['terminated', (client) => client.terminate()],
]) {
  const other = await open(name, '/');
  end(other.socket);
  await other.closed;
}
await watch('refused', new WebSocket(`${url}/refused`));
const [refusal] = await once(new WebSocket(url, 'unknown'), 'error');
sayDifferent('some errors of the handshake have a text of their own', refusal.message, {
  ws: 'Server sent no subprotocol',
  pushwire: 'The server chose none of the offered subprotocols',
});
server.close();
await new Promise((resolve) => http.close(resolve));
exchanged('import and require, text and bytes of each `binaryType`, pings, a stream; a reset, codes, refusals');
