import { createServer } from 'node:http';
import { createAdapter as createPubSubAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { announce } from './control.js';
import { publishing } from './hub-publishing.js';

const options = JSON.parse(process.argv[2]);
const client = createClient({ url: `redis://127.0.0.1:${options.redis}` });
await client.connect();

async function pubSubAdapter() {
  const subscribed = client.duplicate();
  await subscribed.connect();
  return { adapter: createPubSubAdapter(client, subscribed) };
}

const streamsAdapter = () => ({ adapter: createStreamsAdapter(client), connectionStateRecovery: {} });
// `redis` gives up a command after five seconds, which happens on a machine that is too busy. The load counts the event as lost.
process.on('unhandledRejection', () => {});
const http = createServer((request, response) => publish(request, response));
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  ...(options.adapter === 'streams' ? streamsAdapter() : await pubSubAdapter()),
});
const publish = publishing(options, (room, data) => io.to(room).emit('event', data));
io.on('connection', (socket) => {
  if (!socket.recovered) socket.join(socket.handshake.query.room);
});
http.keepAliveTimeout = 0;
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(http.address().port));
