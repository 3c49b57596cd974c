// A hub for the page beside it: node server.js [--port 8080] [--redis redis://localhost:6379]
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { EventStream, WebSocketServer } from 'pushwire';
import { Hub } from 'pushwire/hub';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' }, redis: { type: 'string' } } });

const TOPICS = ['time', 'notes/*'];
const file = (name, type) => ({ body: readFileSync(new URL(name, import.meta.url)), type: `${type}; charset=utf-8` });
const FILES = {
  '/': file('page.html', 'text/html'),
  '/page.css': file('page.css', 'text/css'),
  '/page.js': file('page.js', 'text/javascript'),
  '/clients.js': file('clients.js', 'text/javascript'),
};

const redis = values.redis === undefined ? undefined : await connectToRedis(values.redis);
const hub = new Hub({ log: redis?.log });
hub.on('logError', (error) => console.error('The log does not answer: %s', error.message));

const server = createServer((request, response) => {
  const [path, query] = request.url.split('?');
  if (path === '/events') return serveEvents(request, response, cursorIn(query));
  if (FILES[path] === undefined) return response.writeHead(404).end();
  const { body, type } = FILES[path];
  response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }).end(body);
});

function serveEvents(request, response, cursor) {
  const stream = EventStream.open(request, response, { retry: 1000 });
  // A browser that reconnects automatically sends a header. A new EventSource can send its cursor only in the URL.
  const lastEventId = stream.lastEventId || cursor || hub.lastEventId || '';
  // The page learns its cursor before the first event.
  stream.send({ event: 'cursor', data: '', id: lastEventId });
  // False during the shutdown: the client reconnects to another process.
  if (!hub.subscribe(stream, TOPICS, { lastEventId })) stream.close();
}

const webSockets = new WebSocketServer({ server, path: '/socket', maxPayload: 1000 });
webSockets.on('connection', (webSocket, request) => {
  webSocket.on('error', () => {});
  webSocket.on('message', (data) => publish('notes/page', { text: String(data) }));
  const lastEventId = cursorIn(request.url.split('?')[1]);
  if (!hub.subscribe(webSocket, TOPICS, { lastEventId })) webSocket.close(1012);
});

function cursorIn(query) {
  const cursor = new URLSearchParams(query).get('lastEventId') ?? '';
  // send() throws for an id with line breaks. The ids of a hub have visible ASCII characters only.
  return /^[!-~]*$/.test(cursor) ? cursor : '';
}

// Each process publishes. All processes with the same log deliver.
let number = 0;
const timer = setInterval(() => publish('time', { process: process.pid, number: ++number }), 500);

function publish(topic, data) {
  hub.publish(topic, { data }).catch((error) => console.error(error.message));
}

// The order matters: accept no new clients, move subscribers to other processes, then close all other connections.
process.once('SIGTERM', async () => {
  clearInterval(timer);
  server.close();
  await hub.shutdown({ spread: 1000, closeCode: 1012, timeout: 5000 });
  await webSockets.shutdown();
  server.closeAllConnections();
  await redis?.client.close();
});

await hub.ready();
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log('Open http://localhost:%d/, and end and start this program as you like.', server.address().port);
});

async function connectToRedis(url) {
  const { createClient } = await import('redis');
  const { RedisLog } = await import('pushwire/hub/redis');
  const client = createClient({ url });
  client.on('error', (error) => console.error('Redis: %s', error.message));
  await client.connect();
  return { client, log: new RedisLog({ client }) };
}
