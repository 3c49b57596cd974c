// Event streams and WebSockets in an h3 application on Node.js: PORT=8080 node server.js
import { once } from 'node:events';
import { createServer } from 'node:http';
import { H3, handleCors } from 'h3';
import { toNodeHandler } from 'h3/node';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';

const news = new EventChannel();
const app = new H3();

app.use((event) => handleCors(event, { origin: ['https://app.example'] }) || undefined);

app.get('/events', async (event) => {
  const { req, res } = event.runtime.node;
  // The fields that middleware has set are in the response of h3: CORS, for example.
  const headers = Object.fromEntries(event.res.headers);
  const stream = EventStream.open(req, res, { headers, retry: 1000 });
  news.add(stream);
  // h3 sends a response when the handler has returned.
  await once(stream, 'close');
});

app.post('/events', async (event) => {
  event.res.status = 201;
  return { id: news.broadcast(await event.req.text()) };
});

app.get('/status', () => ({ streams: news.size, sockets: webSockets.clients.size }));

app.get('/fails', () => {
  throw new Error('as asked');
});

const server = createServer(toNodeHandler(app));
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

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log('http://127.0.0.1:%d/', server.address().port);
});
