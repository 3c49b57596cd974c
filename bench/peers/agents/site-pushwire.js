import { createServer } from 'node:http';
import { EventChannel, EventStream, WebSocketServer } from '../../../dist/index.js';
import { announce } from './control.js';

const { pushes = false } = JSON.parse(process.argv[2] ?? '{}');
const channel = new EventChannel({ history: { count: 0 } });
const http = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/events') {
    const stream = EventStream.open(request, response);
    const count = Number(url.searchParams.get('count'));
    for (let number = 0; number < count; number++) stream.send({ id: number, data: 'x'.repeat(100) });
    if (count > 0) stream.close();
    else channel.add(stream);
  } else response.writeHead(200, { 'Content-Type': 'text/plain' }).end('Hello');
});
const sockets = new WebSocketServer({ server: http });
sockets.on('connection', (socket) => socket.on('error', () => {}));
const message = 'x'.repeat(200);
if (pushes) {
  setInterval(() => {
    sockets.broadcast(message);
    channel.broadcast({ data: message });
  }, 100);
}
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(http.address().port));
