// Event streams and WebSockets in a Next.js application: npx next build && PORT=8080 NODE_ENV=production node server.js
import { createServer } from 'node:http';
import next from 'next';
import { WebSocketServer } from 'pushwire';
import { news } from './news.js';

const server = createServer();
const app = next({ dev: process.env.NODE_ENV !== 'production', httpServer: server });
await app.prepare();
server.on('request', app.getRequestHandler());

const webSockets = new WebSocketServer({
  noServer: true,
  path: '/echo',
  verifyClient: ({ req }) => req.headers.authorization === 'Bearer secret',
});
server.on('upgrade', (request, socket, head) => {
  // Next.js listens to this event, too. It answers for these paths, which it uses in development.
  if (request.url.startsWith('/_next/')) return;
  webSockets.handleUpgrade(request, socket, head, (webSocket) => webSockets.emit('connection', webSocket, request));
});
globalThis.webSockets = webSockets;
webSockets.on('connection', (socket) => {
  socket.on('error', (error) => console.error(error.code));
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

process.once('SIGTERM', async () => {
  server.close();
  await Promise.all([news.shutdown(), webSockets.shutdown()]);
  await app.close();
  // In development, Next.js keeps the process running.
  process.exit();
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log('http://127.0.0.1:%d/', server.address().port);
});
