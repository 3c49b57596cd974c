// A Koa application with koa-websocket, and one with koa-easy-ws.
import { once } from 'node:events';
import Koa from 'koa';
import easyWs from 'koa-easy-ws';
import websockify from 'koa-websocket';
import { WebSocket, WebSocketServer } from 'ws';
import { brief, briefError, exchanged, say, sayApart, sayDifferent, watch } from '../transcript.js';

const sayOfApplication = sayApart('application');
const app = websockify(new Koa(), { maxPayload: 200_000, handleProtocols: () => 'chat', perMessageDeflate: true });
app.use((context) => {
  context.body = 'over HTTP';
});
app.ws.use(async (context, next) => {
  sayApart(`server, ${context.path}`)(`${context.method}, user ${context.get('x-user') || 'nobody'}`);
  await next();
});
app.ws.use(async (context) => {
  const { websocket } = context;
  if (context.path === '/throws') throw new Error('in the middleware');
  if (context.path === '/leaves') return websocket.close(4001, 'not here');
  const sayAtServer = sayApart(`server, ${context.path}`);
  websocket.on('message', (data, isBinary) => websocket.send(data, { binary: isBinary }));
  websocket.on('error', (error) => sayAtServer(`error ${briefError(error)}`));
  websocket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
});
app.on('error', ({ message }) => sayOfApplication(`error ${message}`));
const server = app.listen(0, '127.0.0.1');
const tcp = [];
server.on('connection', (socket) => tcp.push(socket));
await once(server, 'listening');

async function use(name, port) {
  const connect = (path, protocol, options) => new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol, options);
  const echo = connect('/echo', 'chat', { headers: { 'x-user': 'bob' } });
  await once(echo, 'open');
  say(`${name}: protocol ${echo.protocol}, extensions ${echo.extensions || 'none'}`);
  for (const message of ['hello', 'x'.repeat(150_000), Buffer.alloc(150_000, 7), '']) {
    const answer = once(echo, 'message');
    echo.send(message);
    say(`${name}: ${brief(...(await answer))}`);
  }
  const closed = watch(name, echo);
  echo.close(4000, 'bye');
  await closed;
  const leaves = watch('leaves', connect('/leaves', 'chat'));
  await leaves;
  const large = connect('/large', 'chat');
  large.on('open', () => large.send(Buffer.alloc(200_001)));
  await watch('too large', large);
  say(`${name}: GET / ${await (await fetch(`http://127.0.0.1:${port}/`)).text()}`);
  return connect;
}
const connect = await use('koa-websocket', server.address().port);
const throws = connect('/throws', 'chat');
await once(throws, 'open');
say('throws: open');
throws.terminate();
const reset = connect('/reset', 'chat');
reset.on('open', () => tcp.at(-1).resetAndDestroy());
await watch('reset', reset);
app.ws.server.close();
await new Promise((resolve) => server.close(resolve));

const easy = new Koa();
const middleware = easyWs('ws', { wsOptions: { noServer: true, maxPayload: 200_000 } });
easy.use(middleware);
easy.use(async (context) => {
  if (context.path === '/refused') context.throw(403, 'no');
  if (context.ws === undefined) {
    context.body = 'over HTTP';
    return;
  }
  const socket = await context.ws();
  if (context.path === '/leaves') return socket.close(4001, 'not here');
  const sayAtServer = sayApart(`easy server, ${context.path}`);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', (error) => sayAtServer(`error ${briefError(error)}`));
  socket.on('close', (code, reason) => sayAtServer(`close ${code} ${reason}`));
});
easy.on('error', () => {});
const easyServer = easy.listen(0, '127.0.0.1');
await once(easyServer, 'listening');
const connectEasily = await use('koa-easy-ws', easyServer.address().port);
await watch('refused', connectEasily('/refused', 'chat'));
// This check is an ES module, and koa-easy-ws a CommonJS module.
sayDifferent(
  'an ES module and a CommonJS module have classes of their own, for `instanceof`',
  middleware.server instanceof WebSocketServer,
  { ws: true, pushwire: false },
);
await new Promise((resolve) => easyServer.close(resolve));
exchanged(
  'middleware of `koa-websocket` and `koa-easy-ws`: text and bytes, compressed, a subprotocol, closes with codes, 403, a reset',
);
