// Event streams and WebSockets for the bearer of a ticket, which is valid once: PORT=8080 node server.js
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { EventStream, WebSocketServer } from 'pushwire';

/** The lifetime of a ticket in milliseconds: the time between two requests of a page. */
const LIFETIME = Number(process.env.LIFETIME ?? 10_000);
/** A user cannot fill the memory. */
const MAX_TICKETS = 10;

/** The users of the tickets. Processes that share the work keep them in a store that all of them reach, such as Redis. */
const tickets = new Map();

function issue(user) {
  if ([...tickets.values()].filter((owner) => owner === user).length >= MAX_TICKETS) return undefined;
  const ticket = randomBytes(16).toString('base64url');
  tickets.set(ticket, user);
  setTimeout(() => tickets.delete(ticket), LIFETIME).unref();
  return ticket;
}

/** The user of the ticket in the URL. The ticket is valid no more. */
function redeem({ url }) {
  const ticket = new URLSearchParams(url.split('?')[1]).get('ticket');
  const user = tickets.get(ticket);
  tickets.delete(ticket);
  return user;
}

const server = createServer((request, response) => {
  // A log with the query would contain tickets.
  const [path] = request.url.split('?');
  response.on('close', () => console.log('%s %s %d', request.method, path, response.statusCode));
  if (request.method === 'POST' && path === '/tickets') {
    // Your usual check.
    if (request.headers.authorization !== 'Bearer secret') return response.writeHead(401).end();
    const ticket = issue('alice');
    // A cache must not hand it to somebody else.
    return response.writeHead(ticket === undefined ? 429 : 201, { 'Cache-Control': 'no-store' }).end(ticket);
  }
  if (path !== '/events') return response.writeHead(404).end();
  const user = redeem(request);
  if (user === undefined) return response.writeHead(401).end();
  EventStream.open(request, response).send(`Hello, ${user}`);
});

const webSockets = new WebSocketServer({
  server,
  path: '/socket',
  verifyClient: ({ req }) => {
    req.user = redeem(req);
    return req.user !== undefined;
  },
});
webSockets.on('connection', (socket, { user }) => {
  socket.on('error', (error) => console.error(error.code));
  socket.send(`Hello, ${user}`);
});

server.listen(process.env.PORT ?? 8080, '127.0.0.1', () => {
  console.log('http://127.0.0.1:%d/', server.address().port);
});

process.once('SIGTERM', async () => {
  server.close();
  await webSockets.shutdown();
  server.closeAllConnections();
});
