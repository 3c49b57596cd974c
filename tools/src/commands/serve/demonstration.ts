import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'pushwire';
import { OWN_FILES } from '../../own-files.ts';
import { refusalOf, type Trust, trustOf } from '../arguments/trust.ts';
import { BroadcastRoom } from './broadcast-room.ts';
import { respond } from './respond.ts';
import type { Room } from './room.ts';
import { CLOSE_TIMEOUT, SHUTDOWN_OPTIONS } from './shutdown-options.ts';
import { Ticks } from './ticks.ts';
import { TimeStreams } from './time-streams.ts';

/** The server of `pushwire serve`. */
export interface Demonstration {
  /** Whether it uses TLS. */
  readonly secure: boolean;
  /** Host and port, as in a URL. */
  readonly address: string;
  /** Closes all connections and the server. */
  close(): Promise<void>;
}

/** PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const PAGE_FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
};

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': "default-src 'self'; img-src 'self' data:",
  // Together, these two make `performance.now()` precise to 5 µs instead of 100 µs.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'X-Content-Type-Options': 'nosniff',
};

const PLAIN_TEXT = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };

/** The event streams that also accept POST requests. */
const STREAM_PATHS: ReadonlySet<string> = new Set(['/eventsource', '/broadcast']);

/** Pages that are allowed to use the server may read the streams. */
const FOR_ANY_ORIGIN: Readonly<Record<string, string>> = { 'Access-Control-Allow-Origin': '*' };

/**
 * Starts the server of the demo page: ticks at `/websocket` and `/eventsource` every `interval` milliseconds, an echo at
 * `/echo`, a broadcast at `/broadcast`, and the time at `/time`.
 *
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startDemonstration(
  port: number,
  host: string,
  interval: number,
  certificate?: Certificate,
  trust: Trust = trustOf(host, []),
  room: Room = new BroadcastRoom(),
): Promise<Demonstration> {
  const ticks = new Ticks();
  const echo = startEcho();
  const time = new TimeStreams();
  const webSocketServers: Readonly<Record<string, WebSocketServer>> = {
    '/websocket': ticks.webSockets,
    '/echo': echo,
    '/broadcast': room.webSockets,
  };

  const handleRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const refusal = refusalOf(request, trust);
    if (refusal !== null) return void response.writeHead(403, PLAIN_TEXT).end(refusal);
    const [pathname = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const isPost = request.method === 'POST';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (pathname === '/eventsource' && isRead) {
      ticks.openStream(request, response, FOR_ANY_ORIGIN);
    } else if (pathname === '/eventsource' && isPost) {
      settle(ticks.post(request, response, query), response);
    } else if (pathname === '/time' && isRead) {
      time.openStream(request, response, FOR_ANY_ORIGIN);
    } else if (pathname === '/broadcast' && isRead) {
      room.openStream(request, response, FOR_ANY_ORIGIN);
    } else if (pathname === '/broadcast' && isPost) {
      settle(room.post(request, response), response);
    } else if (Object.hasOwn(PAGE_FILES, pathname) && isRead) {
      settle(servePage(response, ...PAGE_FILES[pathname]!), response);
    } else if (STREAM_PATHS.has(pathname)) {
      respond(response, 405, { Allow: 'GET, HEAD, POST' });
    } else if (pathname === '/time' || Object.hasOwn(PAGE_FILES, pathname)) {
      respond(response, 405, { Allow: 'GET, HEAD' });
    } else if (Object.hasOwn(webSocketServers, pathname)) {
      respond(response, 426, { Upgrade: 'websocket' });
    } else {
      respond(response, 404);
    }
  };
  const handleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const refusal = refusalOf(request, trust);
    if (refusal !== null) return refuseUpgrade(socket, refusal);
    const [pathname = '/'] = (request.url ?? '/').split('?', 1);
    // The server of the ticks rejects unknown paths.
    const server = Object.hasOwn(webSocketServers, pathname) ? webSocketServers[pathname]! : ticks.webSockets;
    server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request));
  };

  const http = certificate === undefined ? createServer(handleRequest) : createSecureServer(certificate, handleRequest);
  http.on('upgrade', handleUpgrade);
  http.listen(port, host);
  await once(http, 'listening');
  // For example, EMFILE: a connection that cannot be accepted does not concern the others.
  http.on('error', () => {});
  ticks.start(interval);
  time.start();

  return {
    address: addressOf(http.address() as AddressInfo),
    secure: certificate !== undefined,
    async close() {
      const closing = [ticks.close(), echo.shutdown(SHUTDOWN_OPTIONS), room.close()];
      time.close();
      const closed = once(http, 'close');
      http.close();
      // The connections of the streams become idle once their last bytes are written.
      setImmediate(() => http.closeIdleConnections());
      const force = setTimeout(() => http.closeAllConnections(), CLOSE_TIMEOUT);
      await Promise.all([...closing, closed]);
      clearTimeout(force);
    },
  };
}

function startEcho(): WebSocketServer {
  const server = new WebSocketServer({ noServer: true });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return server;
}

/** Milliseconds that a refused client may take to end its connection. */
const REFUSAL_TIMEOUT = 2_000;

/** Refuses a handshake with the status 403. */
function refuseUpgrade(socket: Duplex, reason: string): void {
  const fields = { ...PLAIN_TEXT, Connection: 'close', 'Content-Length': Buffer.byteLength(reason) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  socket.on('error', () => socket.destroy());
  socket.end(['HTTP/1.1 403 Forbidden', ...lines, '', reason].join('\r\n'));
  // The HTTP server no longer knows this socket: it would stay open for as long as the client wants.
  const timer = setTimeout(() => socket.destroy(), REFUSAL_TIMEOUT);
  socket.on('close', () => clearTimeout(timer));
  socket.resume();
}

/** Ends a response whose handler has failed, for example with EMFILE. No request may end the server. */
function settle(handled: Promise<void>, response: ServerResponse): void {
  handled.catch(() => {
    if (response.headersSent) response.destroy();
    else respond(response, 500);
  });
}

async function servePage(response: ServerResponse, file: string, type: string): Promise<void> {
  const body = await readFile(new URL(`commands/serve/page/${file}`, OWN_FILES));
  response.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': type, 'Content-Length': body.length });
  // node:http omits the body for HEAD.
  response.end(body);
}

function addressOf({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
