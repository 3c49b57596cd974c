/** The paths of the servers. */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { EventStream, type WebSocket, WebSocketServer } from 'pushwire';
import { OWN_FILES } from '../../../own-files.ts';
import { now } from '../../clock.ts';
import { handleMessage } from './arrivals.ts';
import { crowdChannel, crowdServer } from './crowd.ts';
import { addGzipReceiver, addReceiver, type Receiver } from './receivers.ts';
import { addEventStream, addWebSocket } from './recovery.ts';

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/** The page with the client for a browser. */
const PAGE_FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/page': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
};

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  // Together, these two make `performance.now()` precise to 5 µs instead of 100 µs.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const webSocketServer = new WebSocketServer({ noServer: true });
const deflateServer = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } });
const recoveryServer = new WebSocketServer({ noServer: true });

interface WebSocketPath {
  readonly server: WebSocketServer;
  readonly onConnection: (socket: WebSocket, transport: Duplex) => void;
}

/** Pushes messages to the WebSocket, and answers its messages. */
function openReceiver(socket: WebSocket, transport: Duplex): void {
  const receiver = addReceiver('websocket', socket, transport);
  socket.on('message', (data) => handleMessage(receiver, String(data)));
}

const WEBSOCKET_PATHS: Readonly<Record<string, WebSocketPath>> = {
  '/': { server: webSocketServer, onConnection: openReceiver },
  '/deflate': { server: deflateServer, onConnection: openReceiver },
  '/upload': {
    server: webSocketServer,
    onConnection: (socket) => void socket.on('message', (data) => handleMessage(undefined, String(data))),
  },
  '/clock': {
    server: webSocketServer,
    onConnection: (socket) => void socket.on('message', () => socket.send(String(now()))),
  },
  '/crowd': { server: crowdServer, onConnection: () => {} },
  '/recovery': { server: recoveryServer, onConnection: addWebSocket },
};

export function handleUpgrade(request: IncomingMessage, transport: Duplex, head: Buffer): void {
  const path = request.url ?? '';
  const { server, onConnection } = WEBSOCKET_PATHS[Object.hasOwn(WEBSOCKET_PATHS, path) ? path : '/']!;
  server.handleUpgrade(request, transport, head, (socket) => {
    socket.on('error', () => {});
    onConnection(socket, transport);
  });
}

/** Event streams by the name that the client has chosen, so that a POST request can name its stream. */
const streams = new Map<string, Receiver>();

export async function handleRequest(request: Request, response: Response): Promise<void> {
  const [path, query] = (request.url ?? '').split('?', 2);
  const name = new URLSearchParams(query).get('stream') ?? '';
  const transport: Duplex = 'stream' in request ? request.stream : request.socket;
  if (request.method === 'POST') {
    // Ignore requests whose client exits before the end of the body.
    const message = await text(request).catch(() => null);
    if (message === null) return;
    handleMessage(streams.get(name), message);
    response.writeHead(204);
    response.end();
  } else if (path === '/clock') {
    response.end(String(now()));
  } else if (path !== undefined && Object.hasOwn(PAGE_FILES, path)) {
    const [file, type] = PAGE_FILES[path]!;
    response.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': type });
    response.end(await readFile(new URL(`compare/browser/page/${file}`, OWN_FILES)));
  } else if (path === '/gzip') {
    addGzipReceiver(response, transport);
  } else if (path === '/crowd') {
    crowdChannel.add(EventStream.open(request, response));
  } else if (path === '/recovery') {
    const retry = new URLSearchParams(query).get('retry');
    addEventStream(EventStream.open(request, response, retry === null ? {} : { retry: Number(retry) }), transport);
  } else {
    if (path === '/unmarked') omitHeader('X-Accel-Buffering', response);
    const stream = EventStream.open(request, response);
    streams.set(name, addReceiver('event-stream', stream, transport));
    stream.on('close', () => streams.delete(name));
  }
}

/** Makes the response ignore a header field that EventStream sets. */
function omitHeader(header: string, response: Response): void {
  const target = response as ServerResponse;
  const setHeader = target.setHeader.bind(target);
  target.setHeader = (name, value) => (name === header ? target : setHeader(name, value));
}
