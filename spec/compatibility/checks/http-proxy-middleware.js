// A proxy between a client and a server of ws: paths, header fields, both ways of an upgrade, and each kind of end.
import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { WebSocket, WebSocketServer } from 'ws';
import { brief, briefError, exchanged, say, sayApart, watch } from '../transcript.js';

const targetHttp = createServer((_, response) => response.end('over HTTP'));
const target = new WebSocketServer({
  server: targetHttp,
  perMessageDeflate: true,
  handleProtocols: (protocols) => [...protocols][0],
  verifyClient: ({ req }, next) => next(req.url !== '/refused', 401, 'not you', { 'X-Why': 'test' }),
});
const atTarget = [];
target.on('connection', (socket, request) => {
  atTarget.push(request.socket);
  const sayAtTarget = sayApart(`target, connection ${atTarget.length}`);
  sayAtTarget(`${request.url}, forwarded ${request.headers['x-forwarded-proto']}, added ${request.headers['x-added']}`);
  socket.send('hello from the target');
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('message', (data) => String(data) === 'close' && socket.close(4000, 'as asked'));
  socket.on('ping', (data) => sayAtTarget(`ping ${data}`));
  socket.on('error', (error) => sayAtTarget(`error ${briefError(error)}`));
  socket.on('close', (code, reason) => {
    sayAtTarget(`close ${code} ${reason}`);
    target.emit('ended');
  });
});
targetHttp.listen(0, '127.0.0.1');
await once(targetHttp, 'listening');
const proxy = createProxyMiddleware({
  target: `http://127.0.0.1:${targetHttp.address().port}`,
  pathRewrite: { '^/api': '' },
  xfwd: true,
  headers: { 'X-Added': 'by the proxy' },
  on: {
    error(error, _, socket) {
      say(`proxy error ${briefError(error)}`);
      socket.destroy();
    },
  },
});
const app = express();
app.use(proxy);
const front = app.listen(0, '127.0.0.1');
front.on('upgrade', proxy.upgrade);
await once(front, 'listening');
const url = `127.0.0.1:${front.address().port}`;

async function open(path, options) {
  const socket = new WebSocket(`ws://${url}${path}`, 'chat', options);
  const greeting = once(socket, 'message');
  const upgraded = once(socket, 'upgrade');
  await once(socket, 'open');
  say(`${path}: protocol ${socket.protocol}, extensions ${socket.extensions || 'none'}, ${(await greeting)[0]}`);
  const [{ socket: transport }] = await upgraded;
  return { socket, transport };
}
/** Acts on a connection, and waits for its end at both sides. */
async function end(name, act) {
  const { socket, transport } = await open(`/api/${name}`);
  const both = Promise.all([watch(name, socket), once(target, 'ended')]);
  act(socket, transport);
  await both;
}
for (const options of [{}, { perMessageDeflate: false }]) {
  const { socket } = await open('/api/echo?a=1', options);
  for (const message of ['hello', 'x'.repeat(1_000_000), Buffer.alloc(1_000_000, 7), '']) {
    const answer = once(socket, 'message');
    socket.send(message);
    say(brief(...(await answer)));
  }
  const pong = once(socket, 'pong');
  socket.ping('through the proxy');
  say(`pong ${(await pong)[0]}`);
  const count = 1_000;
  let received = 0;
  const all = new Promise((resolve) => {
    socket.on('message', (data) => String(data) === String(received) && ++received === count && resolve());
  });
  for (let number = 0; number < count; number++) socket.send(String(number));
  await all;
  say(`${count} messages in order`);
  const ended = once(target, 'ended');
  socket.close(4001, 'the client leaves');
  say(`close ${(await once(socket, 'close')).join(' ')}`);
  await ended;
}
await end('close', (socket) => socket.send('close'));
await end('target-reset', () => atTarget.at(-1).resetAndDestroy());
await end('client-reset', (_, transport) => transport.resetAndDestroy());
await end('terminate', (socket) => socket.terminate());
await watch('refused', new WebSocket(`ws://${url}/api/refused`));
say(`GET ${await (await fetch(`http://${url}/api/`)).text()}`);
target.close();
await new Promise((resolve) => targetHttp.close(resolve));
await watch('no target', new WebSocket(`ws://${url}/api/echo`));
await new Promise((resolve) => front.close(resolve));
exchanged(
  'a client and a server through the proxy: compressed or not, 1 MB of text and bytes, 1000 messages, pings; closing and resets by each side, 401, an unreachable target',
);
