import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';
import { WebSocket, WebSocketServer } from 'ws';
import { announce } from './control.js';

const { pushes = false } = JSON.parse(process.argv[2] ?? '{}');
const channel = createChannel();
const http = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/events') {
    const session = await createSession(request, response, { serializer: String });
    const count = Number(url.searchParams.get('count'));
    for (let number = 0; number < count; number++) session.push('x'.repeat(100), 'message', String(number));
    if (count > 0) response.end();
    else channel.register(session);
  } else response.writeHead(200, { 'Content-Type': 'text/plain' }).end('Hello');
});
const sockets = new WebSocketServer({ server: http });
sockets.on('connection', (socket) => socket.on('error', () => {}));
const message = 'x'.repeat(200);
if (pushes) {
  setInterval(() => {
    for (const client of sockets.clients) if (client.readyState === WebSocket.OPEN) client.send(message);
    channel.broadcast(message);
  }, 100);
}
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(http.address().port));
