// A Socket.IO server and client: by `ws` replaced, and by the `wsEngine` option; acknowledgements, rooms, bytes, lost connections.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { WebSocketServer } from 'ws';
import { brief, exchanged, say } from '../transcript.js';

const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...what) => resolve(what)));

async function serve(options) {
  const http = createServer();
  const tcp = new Set();
  http.on('connection', (socket) => tcp.add(socket));
  const server = new Server(http, options);
  server.on('connection', (socket) => {
    socket.on('join', (room, acknowledge) => {
      socket.join(room);
      acknowledge(room);
    });
    socket.on('say', (room, ...what) => server.to(room).emit('said', ...what));
    socket.on('disconnect', (reason) => server.emit('left', reason));
  });
  server.left = () => new Promise((resolve) => server.sockets.once('left', resolve));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${http.address().port}`;
  return { server, tcp, connect: (settings) => io(url, { forceNew: true, reconnectionDelay: 10, ...settings }) };
}

for (const makeOptions of [
  () => ({}),
  () => ({ wsEngine: WebSocketServer }),
  () => ({ perMessageDeflate: { threshold: 0 } }),
  () => ({ maxHttpBufferSize: 5e6 }),
]) {
  for (const transports of [['websocket'], ['polling', 'websocket']]) {
    const options = makeOptions();
    say(`options ${Object.keys(options)}, transports ${transports}`);
    const { server, connect } = await serve(options);
    const clients = Array.from({ length: 3 }, () => connect({ transports }));
    await Promise.all(clients.map((client) => next(client, 'connect')));
    for (const client of clients) {
      if (client.io.engine.transport.name !== 'websocket') await next(client.io.engine, 'upgrade');
      say(`${client.io.engine.transport.name}, extensions ${client.io.engine.transport.ws.extensions || 'none'}`);
    }
    for (const client of clients.slice(0, 2)) say(`joined ${await client.emitWithAck('join', 'room')}`);
    const heard = Promise.all(clients.slice(0, 2).map((client) => next(client, 'said')));
    clients[2].on('said', () => say('not in the room'));
    clients[0].emit('say', 'room', 'hello', { nested: Buffer.alloc(1_000, 7) }, 'x'.repeat(100_000));
    for (const [word, { nested }, long] of await heard) say(`${word}, ${brief(nested)}, ${brief(long)}`);
    const left = Promise.all([...server.sockets.sockets.values()].map((socket) => once(socket, 'disconnect')));
    for (const client of clients) client.disconnect();
    say(`left: ${(await left).map(([reason]) => reason)}`);
    await server.close();
  }
}

/** What the client sees of the end of a connection: Socket.IO's reason, and the close event of the WebSocket. */
async function endOf(client) {
  const [reason, details] = await next(client, 'disconnect');
  const event = details?.context ?? details?.description;
  return `${reason}, ${event?.code} ${event?.reason}`;
}
const lossy = await serve({ pingInterval: 50, pingTimeout: 100, connectionStateRecovery: {} });
const client = lossy.connect({ transports: ['websocket'] });
await next(client, 'connect');
for (const [name, act] of [
  ['the client stops answering pings', () => (client.io.engine.transport.send = () => {})],
  ['the connection is reset', () => [...lossy.tcp].at(-1).resetAndDestroy()],
  ['the server closes the engine', () => [...lossy.server.sockets.sockets.values()].at(-1).conn.close()],
]) {
  say(name);
  const [socket] = [...lossy.server.sockets.sockets.values()];
  const left = next(socket, 'disconnect');
  const end = endOf(client);
  const again = next(client, 'connect');
  act();
  say(`server: ${(await left)[0]}`);
  say(`client: ${await end}`);
  await again;
  say(`connected again, recovered ${client.recovered}`);
}
say('a message that is too large');
const small = await serve({ maxHttpBufferSize: 1_000 });
const talker = small.connect({ transports: ['websocket'], reconnection: false });
await next(talker, 'connect');
const end = endOf(talker);
const [socket] = [...small.server.sockets.sockets.values()];
const left = next(socket, 'disconnect');
talker.emit('say', 'room', 'x'.repeat(1_001));
say(`server: ${(await left)[0]}`);
say(`client: ${await end}`);

say('a refused handshake');
const strict = await serve({ allowRequest: (_, decide) => decide('not today', false) });
const refused = strict.connect({ transports: ['websocket'], reconnection: false });
const [error] = await next(refused, 'connect_error');
say(`${error.message}: ${error.type}, ${error.description.message}`);
client.disconnect();
for (const { server } of [lossy, small, strict]) await server.close();
exchanged(
  'rooms, acknowledgements and bytes, in place of `ws` and as `wsEngine`, also after an upgrade and compressed; lost pings and resets with reconnection; a refused handshake',
);
