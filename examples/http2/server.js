// Event streams over HTTP/2, and WebSockets over HTTP/1.1, on one port with TLS:
// PORT=8443 KEY=key.pem CERTIFICATE=certificate.pem node server.js
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';

const news = new EventChannel();

async function answer(request, response) {
  response.setHeader('Access-Control-Allow-Origin', 'https://app.example');
  switch (`${request.method} ${request.url}`) {
    case 'GET /events':
      news.add(EventStream.open(request, response, { retry: 1000 }));
      return;
    case 'POST /events': {
      const chunks = await request.setEncoding('utf8').toArray();
      return sendJson(response, 201, { id: news.broadcast(chunks.join('')) });
    }
    case 'GET /status':
      return sendJson(response, 200, { streams: news.size, sockets: webSockets.clients.size });
    case 'GET /fails':
      throw new Error('as asked');
    default:
      response.writeHead(404).end();
  }
}

function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

// allowHTTP1: browsers open a WebSocket over HTTP/1.1, on a connection of its own.
const server = createSecureServer({
  allowHTTP1: true,
  key: readFileSync(process.env.KEY),
  cert: readFileSync(process.env.CERTIFICATE),
});
server.on('request', (request, response) => {
  answer(request, response).catch((error) => {
    console.error(error.message);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  });
});

/** All connections, also those whose client sends nothing. */
const connections = new Set();
server.on('connection', (socket) => {
  connections.add(socket);
  socket.on('close', () => connections.delete(socket));
});

/** The connections of HTTP/2: close() of the server waits for them. */
const sessions = new Set();
server.on('session', (session) => {
  sessions.add(session);
  session.on('close', () => sessions.delete(session));
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
  for (const session of sessions) session.close();
  setTimeout(() => {
    for (const socket of connections) socket.destroy();
  }, 1000).unref();
});

server.listen(Number(process.env.PORT ?? 8443), '127.0.0.1', () => {
  console.log('https://127.0.0.1:%d/', server.address().port);
});
