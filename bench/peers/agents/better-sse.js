import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';
import { announce } from './control.js';

const { broadcast = 128 } = JSON.parse(process.argv[2] ?? '{}');
const channel = createChannel();
const data = 'x'.repeat(broadcast);
const options = { keepAlive: null, retry: null, serializer: String };
const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    response.writeHead(204).end();
    channel.broadcast(data, 'message', { eventId: '0' });
  } else channel.register(await createSession(request, response, options));
});
// The connection that requests broadcasts may be idle between turns.
server.keepAliveTimeout = 0;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(server.address().port));
