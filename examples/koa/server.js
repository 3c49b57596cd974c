// Event streams and WebSockets in a Koa application: PORT=8080 node server.js
import cors from '@koa/cors';
import Koa from 'koa';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';

const news = new EventChannel();
const app = new Koa();
app.use(cors({ origin: 'https://app.example' }));

const ROUTES = {
  'GET /events': (context) => {
    news.add(EventStream.open(context.req, context.res, { retry: 1000 }));
    // Koa sends no response of its own. If `open()` throws, it does.
    context.respond = false;
  },
  'POST /events': async (context) => {
    const chunks = await context.req.setEncoding('utf8').toArray();
    context.status = 201;
    context.body = { id: news.broadcast(chunks.join('')) };
  },
  'GET /status': (context) => {
    context.body = { streams: news.size, sockets: webSockets.clients.size };
  },
  'GET /fails': () => {
    throw new Error('as asked');
  },
};

app.use(async (context, next) => {
  const route = ROUTES[`${context.method} ${context.path}`];
  if (route === undefined) return next();
  await route(context);
});

const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log('http://127.0.0.1:%d/', server.address().port);
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
  server.closeAllConnections();
});
