// Routes of Fastify, by a socket and by the plugin's own injection for tests. Some cases are those of the plugin's own tests.
import { EventEmitter, once } from 'node:events';
import plugin from '@fastify/websocket';
import Fastify from 'fastify';
import { WebSocket } from 'ws';
import { brief, briefError, exchanged, say, sayApart, watch } from '../transcript.js';

const sayAtServer = sayApart('server');
const ended = new EventEmitter();
const fastify = Fastify();
const tcp = new Set();
fastify.server.on('connection', (socket) => tcp.add(socket));
await fastify.register(plugin, {
  options: {
    maxPayload: 1_000_000,
    perMessageDeflate: true,
  },
  errorHandler: (error, socket) => {
    sayAtServer(`errorHandler ${briefError(error)}`);
    socket.close(1011, 'handler failed');
  },
  preClose(done) {
    sayAtServer(`preClose with ${this.websocketServer.clients.size} clients`);
    for (const client of this.websocketServer.clients) client.close(1001, 'end of the server');
    done();
  },
});
fastify.addHook('onRequest', async (request, reply) => {
  if (request.headers['x-user'] === undefined) return reply.code(401).send('who are you?');
});
fastify.get('/echo', { websocket: true }, (socket, request) => {
  socket.on('close', (code, reason) => {
    sayApart('server, /echo')(`close ${code} ${reason}`);
    ended.emit('close');
  });
  socket.on('message', (data, isBinary) => {
    if (isBinary) socket.send(data, { binary: true });
    else socket.send(`${request.headers['x-user']}: ${data}`);
  });
});
fastify.get('/throws', { websocket: true }, () => {
  throw new Error('in the handler');
});
fastify.get('/rejects', { websocket: true }, async () => {
  throw new Error('in the async handler');
});
fastify.get('/forbidden', { websocket: true, preValidation: async (_, reply) => reply.code(403).send('no') }, () => {
  say('never called');
});
fastify.get(
  '/early',
  { websocket: true, preHandler: () => new Promise((resolve) => setTimeout(resolve, 50)) },
  (socket) => {
    socket.on('message', (data) => socket.close(4001, data));
  },
);
fastify.route({
  method: 'GET',
  url: '/both',
  handler: (_, reply) => reply.send('over HTTP'),
  wsHandler: (socket) => {
    socket.send('over WebSocket');
    socket.close();
  },
});
fastify.get('/stream', { websocket: true }, (socket) => {
  // As in the plugin's documentation: a duplex of the socket.
  const duplex = WebSocket.createWebSocketStream(socket, { encoding: 'utf8' });
  duplex.setEncoding('utf8');
  duplex.on('data', (text) => duplex.end(`${text}, by a stream`));
});
await fastify.listen({ port: 0, host: '127.0.0.1' });
const { port } = fastify.server.address();
const headers = { 'x-user': 'alice' };
const connect = (path, options = { headers }) => new WebSocket(`ws://127.0.0.1:${port}${path}`, options);

const outside = connect('/echo');
await once(outside, 'open');
const injected = await fastify.injectWS('/echo', { headers });
for (const socket of [outside, injected]) {
  for (const message of ['hello', 'x'.repeat(100_000), Buffer.alloc(100_000, 7), '']) {
    const answer = once(socket, 'message');
    socket.send(message);
    say(brief(...(await answer)));
  }
}
const left = once(injected, 'close');
injected.terminate();
say(`injected close ${(await left)[0]}`);

for (const path of ['/throws', '/rejects', '/forbidden', '/missing', '/both']) await watch(path, connect(path));
say(`GET /both: ${await (await fetch(`http://127.0.0.1:${port}/both`, { headers })).text()}`);
await watch('no user', connect('/echo', {}));
const early = connect('/early');
early.on('open', () => early.send('sent before the handler'));
await watch('/early', early);
const streamed = connect('/stream');
streamed.on('open', () => streamed.send('hello'));
await watch('/stream', streamed);

async function closedByServer(name, act) {
  const before = new Set(tcp);
  const socket = connect('/echo');
  const closed = Promise.all([watch(name, socket), once(ended, 'close')]);
  await once(socket, 'open');
  act(
    socket,
    [...tcp].find((candidate) => !before.has(candidate)),
  );
  await closed;
}
await closedByServer('too large', (socket) => socket.send(Buffer.alloc(1_000_001)));
await closedByServer('reset', (_, transport) => transport.resetAndDestroy());
await closedByServer('closes', (socket) => socket.close(4000, 'bye'));
const closed = watch('outside', outside);
await Promise.all([closed, fastify.close()]);
exchanged(
  'routes, by a socket and by `injectWS`, which calls `setSocket`; text and bytes, compressed; handlers that fail, 401, 403, 404; a reset; the end of the server',
);
