// A server for a container, which shuts down at SIGTERM: PORT=8080 node server.js
import { createServer } from 'node:http';
import { EventStream, WebSocketServer } from 'pushwire';
import { Hub } from 'pushwire/hub';

/** Both together are shorter than the 10 seconds between SIGTERM and SIGKILL of `docker stop`. */
const SPREAD = 2000;
const TIMEOUT = 5000;

const hub = new Hub();
let isReady = false;

const server = createServer((request, response) => {
  if (request.url === '/ready') return response.writeHead(isReady ? 200 : 503).end();
  if (request.url !== '/events') return response.writeHead(404).end();
  const stream = EventStream.open(request, response);
  if (!hub.subscribe(stream, 'news')) stream.close();
});
const webSockets = new WebSocketServer({ server, path: '/socket' });
webSockets.on('connection', (webSocket) => {
  webSocket.on('error', (error) => console.error(error.code));
  if (!hub.subscribe(webSocket, 'news')) webSocket.close(1001);
});

/** Closes everything, so that the process exits. */
async function end() {
  isReady = false;
  // No more connections are accepted: clients reconnect to another container.
  server.close();
  await hub.shutdown({ closeCode: 1001, retry: 1000, spread: SPREAD, timeout: TIMEOUT });
  await webSockets.shutdown({ timeout: 1000 });
  server.closeAllConnections();
}

process.once('SIGTERM', end);
// Ctrl+C ends a container that runs in the foreground.
process.once('SIGINT', end);

await hub.ready();
// In a container, the server listens on all addresses.
server.listen(Number(process.env.PORT ?? 8080), process.env.HOST, () => {
  isReady = true;
  console.log('http://127.0.0.1:%d/', server.address().port);
});
