import { createServer } from 'node:http';
import { createClient } from 'redis';
import { Hub } from '../../../dist/hub/index.js';
import { RedisLog } from '../../../dist/hub/redis/index.js';
import { EventStream, WebSocketServer } from '../../../dist/index.js';
import { announce } from './control.js';
import { publishing } from './hub-publishing.js';

const options = JSON.parse(process.argv[2]);
const client = createClient({ url: `redis://127.0.0.1:${options.redis}` });
await client.connect();
const hub = new Hub({ log: new RedisLog({ client }) });
const publish = publishing(options, (room, data) => void hub.publish(room, { data }));
// On a machine that is too busy, Redis may not answer in time. The load counts the event as lost.
process.on('unhandledRejection', () => {});
const roomOf = (request) => new URL(request.url, 'http://localhost').searchParams;
const http = createServer((request, response) => {
  if (request.method === 'POST') return publish(request, response);
  hub.subscribe(EventStream.open(request, response), roomOf(request).get('room'));
});
new WebSocketServer({ server: http }).on('connection', (socket, request) => {
  socket.on('error', () => {});
  const query = roomOf(request);
  hub.subscribe(socket, query.get('room'), { lastEventId: query.get('lastEventId') ?? '' });
});
// The connection that requests events may be idle for some time.
http.keepAliveTimeout = 0;
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => announce(http.address().port));
