// A live dashboard: node server.js [--port 8080] [--interval 1000]. The environment variable PORT sets the port, too.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { EventStream, WebSocketServer } from 'pushwire';
import { LatestValues } from './latest-values.js';
import { Measurements } from './measurements.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: process.env.PORT ?? '8080' },
    interval: { type: 'string', default: '1000' },
  },
});
const interval = Number(values.interval);

/** Each viewer is an event stream. */
const MAX_VIEWERS = 500;

const file = (name, type) => ({ body: readFileSync(new URL(name, import.meta.url)), type: `${type}; charset=utf-8` });
const FILES = {
  '/': file('page.html', 'text/html'),
  '/page.css': file('page.css', 'text/css'),
  '/page.js': file('page.js', 'text/javascript'),
  '/chart.js': file('chart.js', 'text/javascript'),
  '/live-source.js': file('live-source.js', 'text/javascript'),
  '/traffic.js': file('traffic.js', 'text/javascript'),
};
/** The page runs no script but its own. */
const POLICY = "default-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

const latest = new LatestValues({
  about: { process: process.pid, node: process.version, started: Date.now(), interval },
});

// In production, check which users may see the numbers: see docs/authentication.md.
const server = createServer((request, response) => {
  const [path, query] = request.url.split('?');
  if (path === '/events') return watch(request, response, query);
  if (!Object.hasOwn(FILES, path)) return response.writeHead(404).end();
  const { body, type } = FILES[path];
  const headers = { 'Content-Type': type, 'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY };
  response.writeHead(200, headers).end(body);
});

function watch(request, response, query) {
  if (latest.viewers >= MAX_VIEWERS) return response.writeHead(503, { 'Retry-After': '10' }).end();
  const stream = EventStream.open(request, response, { retry: 1000 });
  // A browser that reconnects automatically sends a header. A new EventSource can send its position only in the URL.
  latest.add(stream, stream.lastEventId || (new URLSearchParams(query).get('lastEventId') ?? ''));
}

// What is watched: an echo, for as many clients as the page may open.
const webSockets = new WebSocketServer({
  server,
  path: '/echo',
  origin: 'same-origin',
  maxPayload: 1000,
  maxConnections: 100,
});
webSockets.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

const measurements = new Measurements(webSockets);
const timer = setInterval(() => {
  const time = Date.now();
  const numbers = { ...measurements.take(), streams: latest.viewers, skipped: latest.skipped };
  for (const [name, value] of Object.entries(numbers)) latest.set(name, time, value);
}, interval);

process.once('SIGTERM', async () => {
  clearInterval(timer);
  measurements.end();
  server.close();
  await Promise.all([latest.close(), webSockets.shutdown({ timeout: 5000 })]);
  server.closeAllConnections();
});

server.listen(Number(values.port), '127.0.0.1', () => {
  console.log('Open http://localhost:%d/', server.address().port);
});
