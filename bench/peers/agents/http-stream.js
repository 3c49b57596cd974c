// The limit: writes one prebuilt chunk with an event to each socket (`raw`), or writes the event with `response.write()`.
import { createServer } from 'node:http';
import { announce } from './control.js';

const { broadcast = 128, raw = true } = JSON.parse(process.argv[2] ?? '{}');
const event = Buffer.from(`id: 0\ndata: ${'x'.repeat(broadcast)}\n\n`);
const chunk = Buffer.concat([Buffer.from(`${event.length.toString(16)}\r\n`), event, Buffer.from('\r\n')]);
const responses = new Set();
const server = createServer((request, response) => {
  if (request.method === 'POST') {
    response.writeHead(204).end();
    if (raw) for (const one of responses) one.socket.write(chunk);
    else for (const one of responses) one.write(event);
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  response.flushHeaders();
  responses.add(response);
  response.on('close', () => responses.delete(response));
});
// The connection that requests broadcasts may be idle between turns.
server.keepAliveTimeout = 0;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(server.address().port));
