// A chat with rooms and acknowledgements: node server.js [--port 8080]
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'pushwire';
import { Hub } from 'pushwire/hub';
import { Rooms } from './rooms.js';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });

const NAME = /^[\p{L}\p{N}_-]{1,20}$/u;
const KEY = /^[\w-]{1,40}$/;
const MAX_TEXT = 1000;
/** What a client may send: ten messages at once, and then two a second. */
const BURST = 10;
const PER_SECOND = 2;
const MAX_REFUSED = 100;
/** Milliseconds until a client must have entered a room. */
const ENTRY_TIMEOUT = 10_000;

const file = (name, type) => ({ body: readFileSync(new URL(name, import.meta.url)), type: `${type}; charset=utf-8` });
const FILES = {
  '/': file('page.html', 'text/html'),
  '/page.css': file('page.css', 'text/css'),
  '/page.js': file('page.js', 'text/javascript'),
  '/connection.js': file('connection.js', 'text/javascript'),
};

const hub = new Hub();
const rooms = new Rooms(hub);

const server = createServer((request, response) => {
  const [path] = request.url.split('?');
  if (!Object.hasOwn(FILES, path)) return response.writeHead(404).end();
  const { body, type } = FILES[path];
  const headers = {
    'Content-Type': type,
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': "default-src 'self'; img-src data:",
  };
  response.writeHead(200, headers).end(body);
});

const webSockets = new WebSocketServer({ server, path: '/chat', origin: 'same-origin', maxPayload: 8192 });
webSockets.on('connection', (socket) => {
  const client = { name: undefined, room: undefined, tokens: BURST, refused: 0, filledAt: Date.now() };
  const timer = setTimeout(() => socket.close(1008, 'Enter a room first'), ENTRY_TIMEOUT);
  socket.on('close', () => clearTimeout(timer));
  socket.on('error', (error) => console.error(error.code));
  socket.on('message', (data) => {
    // The page never sends such a message, so the connection is closed.
    handle(socket, client, data, timer).catch((error) => socket.close(1008, error.message.slice(0, 100)));
  });
});

async function handle(socket, client, data, timer) {
  const request = JSON.parse(data);
  if (typeof request !== 'object' || request === null) throw new Error('A request is an object');
  if (client.room === undefined) {
    const { name, room, lastEventId = '' } = request;
    if (![name, room].every((text) => typeof text === 'string' && NAME.test(text)) || typeof lastEventId !== 'string') {
      throw new Error('A name and a room have 1 to 20 letters, digits, _ or -');
    }
    clearTimeout(timer);
    Object.assign(client, { name, room });
    // False during the shutdown.
    if (!rooms.enter(socket, name, room, lastEventId)) socket.close(1012);
  } else if (request.typing) {
    if (isAllowed(client, 0.2)) rooms.typing(socket, client.name, client.room);
  } else {
    await say(socket, client, request);
  }
}

async function say(socket, client, { key, text }) {
  if (typeof key !== 'string' || !KEY.test(key) || typeof text !== 'string')
    throw new Error('A message has a key and a text');
  const refuse = (reason, retryAfter) => socket.send(JSON.stringify({ refused: key, reason, retryAfter }));
  if (!isAllowed(client, 1)) return refuse('Too many messages', 1000 / PER_SECOND);
  if (text.trim() === '' || text.length > MAX_TEXT) return refuse(`A message has 1 to ${MAX_TEXT} characters`);
  try {
    const id = await rooms.say(client.name, client.room, key, text);
    // The message is in the log: it is not lost any more.
    socket.send(JSON.stringify({ acknowledged: key, id }));
  } catch (error) {
    console.error(error.code);
    refuse('The server could not store the message', 1000);
  }
}

/** Whether a client may send one more message, which is then counted. A client that sends far too many loses its connection. */
function isAllowed(client, cost) {
  const now = Date.now();
  client.tokens = Math.min(BURST, client.tokens + ((now - client.filledAt) / 1000) * PER_SECOND);
  client.filledAt = now;
  if (client.tokens < cost) {
    if (++client.refused > MAX_REFUSED) throw new Error('Too many messages');
    return false;
  }
  client.tokens -= cost;
  return true;
}

process.once('SIGTERM', async () => {
  server.close();
  await hub.shutdown({ spread: 500, closeCode: 1012, timeout: 5000 });
  await webSockets.shutdown();
  server.closeAllConnections();
});

await hub.ready();
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log('Open http://localhost:%d/', server.address().port);
});
