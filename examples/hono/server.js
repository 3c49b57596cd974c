// Event streams and WebSockets in a Hono application on Node.js: PORT=8080 node server.js
import { serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';

const news = new EventChannel();
const app = new Hono();
app.use(cors({ origin: 'https://app.example' }));

app.get('/events', (context) => {
  const { incoming, outgoing } = context.env;
  // The fields that middleware has set are in the response of Hono: CORS, for example.
  const headers = Object.fromEntries(context.res.headers);
  news.add(EventStream.open(incoming, outgoing, { headers, retry: 1000 }));
  return RESPONSE_ALREADY_SENT;
});

app.post('/events', async (context) => {
  return context.json({ id: news.broadcast(await context.req.text()) }, 201);
});

app.get('/status', (context) => context.json({ streams: news.size, sockets: webSockets.clients.size }));

app.get('/fails', () => {
  throw new Error('as asked');
});

const port = Number(process.env.PORT ?? 8080);
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, (address) => {
  console.log('http://127.0.0.1:%d/', address.port);
});

const webSockets = new WebSocketServer({
  server,
  path: '/echo',
  verifyClient: ({ req }) => req.headers.authorization === 'Bearer secret',
});
webSockets.on('connection', (socket) => {
  socket.on('error', (error) => console.error(error.code));
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

process.once('SIGTERM', async () => {
  server.close();
  await Promise.all([news.shutdown(), webSockets.shutdown()]);
});
