/** The servers under measurement: one for each of HTTP/1.1, HTTP/1.1 over TLS, and HTTP/2; all with the same paths. */
import { type EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { constants, createGzip } from 'node:zlib';
import { EventChannel, EventStream, encodeEvent, type WebSocket, WebSocketServer } from 'pushwire';
import { at, now } from '../clock.ts';
import { messageId, messageText, recordText } from '../message.ts';
import type { Technique } from '../technique.ts';
import { answerCalls } from './calls.ts';
import type {
  Arrival,
  FloodOptions,
  ListenOptions,
  Ports,
  Pushed,
  PushOptions,
  ServerOperations,
} from './server-operations.ts';
import { WriteWatch } from './write-watch.ts';

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** Whoever is connected, by either technique. */
interface Receiver {
  readonly watch: WriteWatch;
  /** Returns false if the client does not keep up. */
  send(message: string): boolean;
  /** Calls back when it does again. */
  onceDrained(callback: () => void): void;
}

/** The page that measures in a browser. */
const PAGE_FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/page': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
};

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  // Together these give the page a clock of five microseconds instead of a hundred.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** What is kept for those who recover. */
const HISTORY = { count: 10_000, age: 60_000 };

const receivers: Readonly<Record<Technique, Set<Receiver>>> = { websocket: new Set(), 'event-stream': new Set() };
/** Event streams by the names that clients have given them, so that a POST can say which one it belongs to. */
const streams = new Map<string, Receiver>();
const arrivals = new Map<number, Arrival>();
let hold = 0;

// Connections.

const watches = new WeakMap<Duplex, WriteWatch>();

function watchOf(transport: Duplex): WriteWatch {
  const watch = watches.get(transport) ?? new WriteWatch(transport);
  watches.set(transport, watch);
  return watch;
}

function addReceiver(technique: Technique, peer: WebSocket | EventStream, transport: Duplex): Receiver {
  const receiver: Receiver = {
    watch: watchOf(transport),
    send: (message) => peer.send(message),
    onceDrained: (callback) => void (peer as EventEmitter).once('drain', callback),
  };
  receivers[technique].add(receiver);
  (peer as EventEmitter).on('close', () => receivers[technique].delete(receiver));
  return receiver;
}

/** An event stream in gzip, each event flushed: EventStream leaves compression to what stands before the server. */
function gzipReceiver(response: Response, transport: Duplex): void {
  const gzip = createGzip();
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' });
  (response as ServerResponse).flushHeaders();
  gzip.on('data', (chunk: Buffer) => (response as ServerResponse).write(chunk));
  const receiver: Receiver = {
    watch: watchOf(transport),
    send(message) {
      gzip.write(encodeEvent({ data: message }));
      gzip.flush(constants.Z_SYNC_FLUSH);
      return true;
    },
    onceDrained: (callback) => void gzip.once('drain', callback),
  };
  receivers['event-stream'].add(receiver);
  response.on('close', () => {
    receivers['event-stream'].delete(receiver);
    gzip.destroy();
  });
}

// Messages of clients.

/** The application: what it is sent, it sends back, on whatever pushes to the same client. */
function answer(receiver: Receiver | undefined, message: string): void {
  const arrived = now();
  const id = messageId(message);
  arrivals.set(id, { arrived });
  if (receiver === undefined) return;
  later(() => {
    receiver.watch.next((written) => arrivals.set(id, { arrived, written }));
    receiver.send(message);
  });
}

function later(callback: () => void): void {
  if (hold === 0) callback();
  else at(now() + hold, callback);
}

// What clients come back for.

const channel = new EventChannel({ history: HISTORY });
const pastMessages: string[] = [];
const recovering = new Set<{ destroy(): void }>();
let ticks: NodeJS.Timeout | undefined;

const subscribed = new Set<WebSocket>();

/**
 * The resume that each application of WebSockets makes for itself: the client says which message it has had last, or
 * nothing to begin with what comes now. Before, it gets nothing, so that nothing comes twice.
 */
function resume(socket: WebSocket, lastMessage: string): void {
  if (lastMessage !== '') for (const past of pastMessages.slice(Number(lastMessage))) socket.send(past);
  subscribed.add(socket);
  socket.once('close', () => subscribed.delete(socket));
}

function tick(): void {
  const id = pastMessages.length + 1;
  const message = messageText(id, 32);
  pastMessages.push(message);
  channel.broadcast({ id: String(id), data: message });
  for (const socket of subscribed) socket.send(message);
}

// The servers.

/** Those of TCP, for their bytes. */
const connections = new Set<Socket>();
const closedBytes = { read: 0, written: 0 };

function countConnection(socket: Socket): void {
  connections.add(socket);
  socket.once('close', () => {
    connections.delete(socket);
    closedBytes.read += socket.bytesRead;
    closedBytes.written += socket.bytesWritten;
  });
}

/** Nothing but what every application needs: its connections are counted and weighed. */
const crowdServer = new WebSocketServer({ noServer: true });
const crowdChannel = new EventChannel({ history: { count: 0 } });
const recoveringServer = new WebSocketServer({ noServer: true });
const webSocketServer = new WebSocketServer({ noServer: true });
const deflateServer = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });

interface WebSocketPath {
  readonly server: WebSocketServer;
  readonly open: (socket: WebSocket, transport: Duplex) => void;
}

/** A WebSocket that is pushed to, and whose messages are answered. */
function openAnswering(socket: WebSocket, transport: Duplex): void {
  const receiver = addReceiver('websocket', socket, transport);
  socket.on('message', (data) => answer(receiver, String(data)));
}

const WEBSOCKET_PATHS: Readonly<Record<string, WebSocketPath>> = {
  '/': { server: webSocketServer, open: openAnswering },
  '/deflate': { server: deflateServer, open: openAnswering },
  '/upload': {
    server: webSocketServer,
    open: (socket) => void socket.on('message', (data) => answer(undefined, String(data))),
  },
  '/clock': {
    server: webSocketServer,
    open: (socket) => void socket.on('message', () => socket.send(String(now()))),
  },
  '/crowd': { server: crowdServer, open: () => {} },
  '/recovery': {
    server: recoveringServer,
    open(socket, transport) {
      breakLater(transport);
      socket.on('message', (data) => resume(socket, String(data)));
    },
  },
};

function breakLater(transport: Duplex): void {
  recovering.add(transport);
  transport.once('close', () => recovering.delete(transport));
}

function handleUpgrade(request: IncomingMessage, transport: Duplex, head: Buffer): void {
  const { server, open } = WEBSOCKET_PATHS[request.url ?? ''] ?? WEBSOCKET_PATHS['/']!;
  server.handleUpgrade(request, transport, head, (socket) => {
    socket.on('error', () => {});
    open(socket, transport);
  });
}

async function handleRequest(request: Request, response: Response): Promise<void> {
  const [path, query] = (request.url ?? '').split('?', 2);
  const name = new URLSearchParams(query).get('stream') ?? '';
  const transport: Duplex = 'stream' in request ? request.stream : request.socket;
  if (request.method === 'POST') {
    // Clients that were ended in the middle are no concern.
    const message = await text(request).catch(() => null);
    if (message === null) return;
    answer(streams.get(name), message);
    response.writeHead(204);
    response.end();
  } else if (path === '/clock') {
    response.end(String(now()));
  } else if (path !== undefined && Object.hasOwn(PAGE_FILES, path)) {
    const [file, type] = PAGE_FILES[path]!;
    response.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': type });
    response.end(await readFile(new URL(`../browser/page/${file}`, import.meta.url)));
  } else if (path === '/gzip') {
    gzipReceiver(response, transport);
  } else if (path === '/crowd') {
    crowdChannel.add(EventStream.open(request, response));
  } else if (path === '/recovery') {
    const retry = new URLSearchParams(query).get('retry');
    channel.add(EventStream.open(request, response, retry === null ? {} : { retry: Number(retry) }));
    breakLater(transport);
  } else {
    if (path === '/unmarked') leaveOut('X-Accel-Buffering', response);
    const stream = EventStream.open(request, response);
    streams.set(name, addReceiver('event-stream', stream, transport));
    stream.on('close', () => streams.delete(name));
  }
}

/** A response without what EventStream sets by itself. */
function leaveOut(header: string, response: Response): void {
  const target = response as ServerResponse;
  const setHeader = target.setHeader.bind(target);
  target.setHeader = (name, value) => (name === header ? target : setHeader(name, value));
}

async function listen(options: ListenOptions): Promise<Ports> {
  hold = options.hold;
  const onRequest = (request: Request, response: Response): void => void handleRequest(request, response);
  const servers = {
    http: createServer(onRequest),
    https: createTlsServer(options.certificate, onRequest),
    http2: createSecureServer(options.certificate, onRequest),
  };
  servers.http.on('upgrade', handleUpgrade);
  servers.https.on('upgrade', handleUpgrade);
  const portOf = async (server: Server): Promise<number> => {
    server.on('connection', countConnection);
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  return {
    http: await portOf(servers.http),
    https: await portOf(servers.https),
    http2: await portOf(servers.http2),
  };
}

async function push({ techniques, bytes, count, rate, records, firstId }: PushOptions): Promise<Pushed[]> {
  const start = now() + 1;
  const make = records ? recordText : messageText;
  const pushes = Array.from({ length: count }, (_, index): Promise<Pushed[]> => {
    const technique = techniques[index % techniques.length]!;
    const id = firstId + index;
    const origin = start + (index * 1000) / rate;
    return new Promise((resolve) => {
      at(origin, () => {
        const message = make(id, bytes);
        later(() => {
          const written = [...receivers[technique]].map(
            ({ watch, send }) =>
              new Promise<Pushed>((done) => {
                watch.next((time) => done({ id, technique, origin, written: time }));
                send(message);
              }),
          );
          resolve(Promise.all(written));
        });
      });
    });
  });
  return (await Promise.all(pushes)).flat();
}

async function flood({ technique, bytes, count, records }: FloodOptions): Promise<void> {
  const [receiver] = receivers[technique];
  if (receiver === undefined) throw new Error(`Nobody is connected by ${technique}`);
  const make = records ? recordText : messageText;
  for (let id = 0; id < count; id++) {
    if (receiver.send(make(id, bytes))) continue;
    await new Promise<void>((resolve) => receiver.onceDrained(resolve));
  }
}

answerCalls<ServerOperations>({
  listen,
  push,
  flood,
  broadcast({ technique, bytes, id }) {
    const message = messageText(id, bytes);
    const origin = now();
    if (technique === 'websocket') crowdServer.broadcast(message);
    else crowdChannel.broadcast({ data: message });
    return origin;
  },
  takeArrivals({ first, count }) {
    const taken = [...arrivals].filter(([id]) => id >= first && id < first + count);
    for (const [id] of taken) arrivals.delete(id);
    return taken;
  },
  tick(interval) {
    clearInterval(ticks);
    if (interval > 0) ticks = setInterval(tick, interval);
    return pastMessages.length;
  },
  drop() {
    const time = now();
    for (const transport of recovering) transport.destroy();
    return time;
  },
  async emptied() {
    // However each of them ends; those that have ended meanwhile are not come to.
    for (const socket of connections) await new Promise((resolve) => socket.once('close', resolve));
  },
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  memory() {
    // Twice, as what the first finds dead may hold more.
    global.gc?.();
    global.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  countBytes() {
    let { read, written } = closedBytes;
    for (const { bytesRead, bytesWritten } of connections) {
      read += bytesRead;
      written += bytesWritten;
    }
    return { read, written };
  },
});
