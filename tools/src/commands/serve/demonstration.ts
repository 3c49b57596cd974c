import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { EventStream, type WebSocket, WebSocketServer } from 'pushwire';
import { wallClock } from '../../compare/clock.ts';
import { BroadcastRoom } from './broadcast-room.ts';
import { readText } from './read-text.ts';

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

/** Of a message to echo to the page, in bytes. */
const MAX_ECHO = 16 * 1024;
/** For the closing handshakes when the server stops, in milliseconds. */
const CLOSE_TIMEOUT = 1_000;
/** Between two events of `/time`, in milliseconds. */
const TIME_INTERVAL = 1_000;

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

/** The event streams that also accept POST requests. */
const STREAM_PATHS: ReadonlySet<string> = new Set(['/eventsource', '/broadcast']);

/** Pages of other origins may read the streams: they contain nothing confidential. */
const FOR_ANY_ORIGIN: Readonly<Record<string, string>> = { 'Access-Control-Allow-Origin': '*' };

/**
 * Starts the server of the demo page. Every `interval` milliseconds, it sends the same tick, with the time of sending, to
 * each WebSocket of `/websocket` and each event stream of `/eventsource`. It also serves an echo at `/echo`, a broadcast
 * at `/broadcast`, and the time at `/time`.
 *
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startDemonstration(
  port: number,
  host: string,
  interval: number,
  certificate?: Certificate,
): Promise<Demonstration> {
  const streams = new Map<string, EventStream>();
  const timeStreams = new Set<EventStream>();
  /** The streams whose clients do not keep up. They miss ticks, so that the queue does not grow. */
  const behind = new Set<EventStream>();
  let streamCount = 0;
  let tickCount = 0;

  const room = new BroadcastRoom();

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const [pathname = '/', query] = (request.url ?? '/').split('?', 2);
    const method = request.method ?? '';
    const reading = method === 'GET' || method === 'HEAD';
    if (pathname === '/eventsource' && reading) {
      const stream = EventStream.open(request, response, { retry: 1_000, headers: FOR_ANY_ORIGIN });
      const id = `${++streamCount}`;
      streams.set(id, stream);
      stream.on('close', () => {
        streams.delete(id);
        behind.delete(stream);
      });
      stream.on('drain', () => behind.delete(stream));
      stream.send({ event: 'welcome', data: id });
    } else if (pathname === '/eventsource' && method === 'POST') {
      const parameters = new URLSearchParams(query);
      const event = parameters.has('exchange') ? 'exchange' : 'echo';
      void answerOnStream(request, response, streams.get(parameters.get('stream') ?? ''), event);
    } else if (pathname === '/time' && reading) {
      const stream = EventStream.open(request, response, { headers: FOR_ANY_ORIGIN });
      timeStreams.add(stream);
      stream.on('close', () => timeStreams.delete(stream));
      stream.send(new Date().toISOString());
    } else if (pathname === '/broadcast' && reading) {
      room.listen(request, response, FOR_ANY_ORIGIN);
    } else if (pathname === '/broadcast' && method === 'POST') {
      void room.post(request, response);
    } else if (Object.hasOwn(PAGE_FILES, pathname) && reading) {
      void servePage(response, ...PAGE_FILES[pathname]!);
    } else if (STREAM_PATHS.has(pathname)) {
      answer(response, 405, { Allow: 'GET, HEAD, POST' });
    } else if (pathname === '/time' || Object.hasOwn(PAGE_FILES, pathname)) {
      answer(response, 405, { Allow: 'GET, HEAD' });
    } else if (Object.hasOwn(servers, pathname)) {
      answer(response, 426, { Upgrade: 'websocket' });
    } else {
      answer(response, 404);
    }
  };
  // `path` makes this server reject the upgrades at paths that no server has.
  const webSockets = new WebSocketServer({ noServer: true, path: '/websocket', maxPayload: MAX_ECHO });
  webSockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => answerMessage(socket, data as Buffer, isBinary));
  });

  const echoes = new WebSocketServer({ noServer: true });
  echoes.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });

  const servers: Readonly<Record<string, WebSocketServer>> = {
    '/websocket': webSockets,
    '/echo': echoes,
    '/broadcast': room.webSockets,
  };
  const http = certificate === undefined ? createServer(listener) : createSecureServer(certificate, listener);
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [pathname = '/'] = (request.url ?? '/').split('?', 1);
    const server = Object.hasOwn(servers, pathname) ? servers[pathname]! : webSockets;
    server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request));
  });

  http.listen(port, host);
  await once(http, 'listening');

  const ticks = setInterval(() => {
    const tick = { number: ++tickCount, sentAt: wallClock() };
    const message = JSON.stringify({ type: 'tick', ...tick });
    const event = { event: 'tick', data: JSON.stringify(tick) };
    const sends = [
      () => {
        for (const socket of webSockets.clients) if (socket.bufferedAmount < MAX_ECHO) socket.send(message);
      },
      () => {
        for (const stream of streams.values()) if (!behind.has(stream) && !stream.send(event)) behind.add(stream);
      },
    ];
    // Alternate, so that neither is always first.
    if (tickCount % 2 === 0) sends.reverse();
    for (const send of sends) send();
  }, interval);
  const times = setInterval(() => {
    for (const stream of timeStreams) stream.send(new Date().toISOString());
  }, TIME_INTERVAL);

  return {
    address: addressOf(http.address() as AddressInfo),
    secure: certificate !== undefined,
    async close() {
      clearInterval(ticks);
      clearInterval(times);
      for (const stream of [...streams.values(), ...timeStreams]) stream.close();
      const closed = once(http, 'close');
      http.close();
      // The connections of the streams become idle once their last bytes are written.
      setImmediate(() => http.closeIdleConnections());
      const force = setTimeout(() => http.closeAllConnections(), CLOSE_TIMEOUT);
      const options = { timeout: CLOSE_TIMEOUT, reason: 'The server is shutting down' };
      await Promise.all([webSockets.shutdown(options), echoes.shutdown(options), room.close(), closed]);
      clearTimeout(force);
    },
  };
}

/** The answer to an exchange: when its message arrived, and when this answer was sent. */
function exchangeTimes(arrivedAt: number): string {
  return `{"type":"exchange","arrivedAt":${arrivedAt},"sentAt":${wallClock()}}`;
}

/** Answers `{"type":"clock"}` with the time, `{"type":"exchange"}` with the times of the exchange, and echoes any other message. */
function answerMessage(socket: WebSocket, data: Buffer, isBinary: boolean): void {
  const arrivedAt = wallClock();
  const text = isBinary ? '' : data.toString();
  if (text.startsWith('{"type":"exchange"')) socket.send(exchangeTimes(arrivedAt));
  else if (text.startsWith('{"type":"clock"')) socket.send(`{"type":"clock","time":${wallClock()}}`);
  else socket.send(data, { binary: isBinary });
}

/** Answers a POST request with an event on the stream of the same client: an echo of the body, or the times of the exchange. */
async function answerOnStream(
  request: IncomingMessage,
  response: ServerResponse,
  stream: EventStream | undefined,
  event: 'echo' | 'exchange',
): Promise<void> {
  if (stream === undefined) return answer(response, 404);
  const text = await readText(request, MAX_ECHO);
  if (text === undefined) return;
  if (text === null) return answer(response, 413, { Connection: 'close' });
  stream.send({ event, data: event === 'echo' ? text : exchangeTimes(wallClock()) });
  answer(response, 204);
}

async function servePage(response: ServerResponse, file: string, type: string): Promise<void> {
  const body = await readFile(new URL(`./page/${file}`, import.meta.url));
  response.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': type, 'Content-Length': body.length });
  // node:http omits the body for HEAD.
  response.end(body);
}

function answer(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, headers);
  response.end();
}

function addressOf({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
