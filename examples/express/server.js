// Event streams and WebSockets in an Express application: PORT=8080 node server.js
import compression from 'compression';
import cors from 'cors';
import express from 'express';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';

const news = new EventChannel();
const app = express();
app.use(cors({ origin: 'https://app.example' }));
app.use(compression());

app.get('/events', (request, response) => {
  news.add(EventStream.open(request, response, { retry: 1000 }));
});

app.post('/events', express.text(), (request, response) => {
  response.status(201).json({ id: news.broadcast(request.body) });
});

app.get('/status', (_request, response) => {
  response.json({ streams: news.size, sockets: webSockets.clients.size });
});

app.get('/fails', () => {
  throw new Error('as asked');
});

const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', (error) => {
  if (error) throw error;
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
