import { createServer } from 'node:http';
import { EventChannel, EventStream } from '../../../dist/index.js';
import { announce } from './control.js';

const { broadcast = 128 } = JSON.parse(process.argv[2] ?? '{}');
const channel = new EventChannel({ history: { count: 0 } });
const data = 'x'.repeat(broadcast);
const server = createServer((request, response) => {
  if (request.method === 'POST') {
    response.writeHead(204).end();
    channel.broadcast({ id: '0', data });
  } else channel.add(EventStream.open(request, response, { heartbeat: 0 }));
});
// The connection that requests broadcasts may be idle between turns.
server.keepAliveTimeout = 0;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(server.address().port));
