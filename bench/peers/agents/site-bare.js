// The limit: sends the same responses, each in one write, and pushes nothing.
import { createServer } from 'node:http';
import { announce } from './control.js';

const http = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const count = Number(url.searchParams.get('count'));
  if (url.pathname === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    response.end(Array.from({ length: count }, (_, number) => `id: ${number}\ndata: ${'x'.repeat(100)}\n\n`).join(''));
  } else response.writeHead(200, { 'Content-Type': 'text/plain' }).end('Hello');
});
http.on('upgrade', (_request, socket) => {
  socket.on('error', () => {});
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
});
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(http.address().port));
