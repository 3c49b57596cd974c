// Event streams and WebSockets in a Fastify application: PORT=8080 node server.js
import cors from '@fastify/cors';
import Fastify from 'fastify';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';

const news = new EventChannel();
// When the hook 'preClose' has run, app.close() ends the connections that are left.
const app = Fastify({ forceCloseConnections: true });
await app.register(cors, { origin: 'https://app.example' });

app.get('/events', (request, reply) => {
  // The fields that plugins have set are in the reply: CORS, for example.
  const headers = reply.getHeaders();
  news.add(EventStream.open(request.raw, reply.raw, { headers, retry: 1000 }));
  // Fastify sends no response of its own. If `open()` throws, it does.
  reply.hijack();
});

app.post('/events', (request, reply) => {
  reply.code(201).send({ id: news.broadcast(request.body) });
});

app.get('/status', (_request, reply) => {
  reply.send({ streams: news.size, sockets: webSockets.clients.size });
});

app.get('/fails', () => {
  throw new Error('as asked');
});

const webSockets = new WebSocketServer({
  server: app.server,
  path: '/echo',
  verifyClient: ({ req }) => req.headers.authorization === 'Bearer secret',
});
webSockets.on('connection', (socket) => {
  socket.on('error', (error) => console.error(error.code));
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

// app.close() waits until all connections are closed. A hook must resolve to nothing.
app.addHook('preClose', async () => {
  await Promise.all([news.shutdown(), webSockets.shutdown()]);
});
process.once('SIGTERM', () => app.close());

await app.listen({ port: Number(process.env.PORT ?? 8080), host: '127.0.0.1' });
console.log('http://127.0.0.1:%d/', app.server.address().port);
