// WebSockets and event streams for users with a ticket in the URL: ORIGIN=https://app.example PORT=8080 node server.js
import { createServer } from 'node:http';
import { EventStream, WebSocketServer } from 'pushwire';
import { Tickets } from './tickets.js';

/** The origin of the pages. This server may have another one. */
const ORIGIN = process.env.ORIGIN ?? 'http://localhost:3000';
const CORS = { 'Access-Control-Allow-Origin': ORIGIN, Vary: 'Origin' };
const PREFLIGHT = { 'Access-Control-Allow-Headers': 'Authorization', 'Access-Control-Max-Age': 600 };

/** The users of the access tokens of the application. */
const USERS = new Map([
  ['Bearer secret', 'alice'],
  ['Bearer other', 'bob'],
]);
const tickets = new Tickets({ lifetime: Number(process.env.TICKET_LIFETIME ?? 10_000) });

const streams = new Set();
const server = createServer((request, response) => {
  const { pathname, searchParams } = urlOf(request);
  if (pathname === '/tickets') return sendTicket(request, response);
  if (request.method !== 'GET' || pathname !== '/events') return response.writeHead(404).end();
  const user = tickets.redeem(searchParams.get('ticket'), pathname);
  log(request, user);
  if (user === undefined) return response.writeHead(401, CORS).end();
  const stream = EventStream.open(request, response, { headers: CORS });
  streams.add(stream);
  stream.on('close', () => streams.delete(stream));
  stream.send(`Hello, ${user}`);
});

/** The page asks for a ticket with its usual credential, and names the path for which it is. */
function sendTicket(request, response) {
  if (request.method === 'OPTIONS') return response.writeHead(204, { ...CORS, ...PREFLIGHT }).end();
  const user = USERS.get(request.headers.authorization);
  const path = urlOf(request).searchParams.get('for');
  if (request.method !== 'POST' || !['/events', '/socket'].includes(path)) return response.writeHead(400, CORS).end();
  if (user === undefined) return response.writeHead(401, CORS).end();
  response.writeHead(201, { ...CORS, 'Cache-Control': 'no-store' }).end(tickets.issue(user, path));
}

const webSockets = new WebSocketServer({
  server,
  path: '/socket',
  origin: ORIGIN,
  verifyClient: ({ req }) => {
    const { pathname, searchParams } = urlOf(req);
    req.user = tickets.redeem(searchParams.get('ticket'), pathname);
    log(req, req.user);
    return req.user !== undefined;
  },
});
webSockets.on('connection', (socket, { user }) => {
  socket.on('error', (error) => console.error(error.code));
  socket.send(`Hello, ${user}`);
});

/** The path and the query of a request. The host does not matter. */
function urlOf({ url = '/' }) {
  return new URL(`http://localhost${url.startsWith('/') ? url : '/'}`);
}

/** A log must not contain a ticket: it is a credential until it is used. */
function log(request, user) {
  console.log('%s %s %s', request.method, urlOf(request).pathname, user ?? 'refused');
}

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log('http://127.0.0.1:%d/', server.address().port);
});

process.once('SIGTERM', async () => {
  server.close();
  await Promise.all([webSockets.shutdown(), ...[...streams].map((stream) => stream.shutdown())]);
  // What is left: clients that have connected, and sent no complete request.
  server.closeAllConnections();
});
