/**
 * The process under attack: a server or a client of pushwire or `ws`. It receives orders from its parent process, and reports
 * its peak memory.
 */
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as ws from 'ws';
import { EventParser, EventSource, EventStream } from '../../src/sse/index.ts';
import * as pushwire from '../../src/websocket/index.ts';
import { PATIENCE, type PlainOptions } from './attack.ts';

export type Library = 'pushwire' | 'ws';

export type Order =
  | { readonly order: 'serve'; readonly library: Library; readonly options: PlainOptions }
  | { readonly order: 'connect'; readonly library: Library; readonly options: PlainOptions; readonly port: number }
  | { readonly order: 'source'; readonly port: number; readonly hears: boolean }
  | { readonly order: 'parse'; readonly port: number }
  | { readonly order: 'report' };

let http: Server | undefined;
let highest = 0;
let lowest = 0;

setInterval(() => {
  highest = Math.max(highest, process.memoryUsage.rss());
}, 5);

function reset(): void {
  globalThis.gc?.();
  lowest = process.memoryUsage.rss();
  highest = lowest;
}

async function serve(library: Library, options: PlainOptions): Promise<number> {
  http?.close();
  http?.closeAllConnections();
  const { handshakeTimeout = 10_000 } = options;
  const server = createServer({
    headersTimeout: handshakeTimeout,
    requestTimeout: handshakeTimeout,
    connectionsCheckingInterval: Math.ceil(handshakeTimeout / 4),
  });
  http = server;
  server.on('request', (request, response) => {
    if (request.url === '/') {
      response.writeHead(426).end();
      return;
    }
    const stream = EventStream.open(request, response);
    const [path, query] = request.url!.split('?');
    const fields = Object.fromEntries(new URLSearchParams(query));
    if (path === '/echo') {
      try {
        if (fields.comment !== undefined) stream.comment(fields.comment);
        else stream.send({ data: 'none', ...fields });
      } catch (error) {
        stream.send((error as NodeJS.ErrnoException).code ?? '');
      }
      stream.close();
    } else if (path === '/flood') {
      for (let count = 0; count < 2_000; count++) stream.send('x'.repeat(100_000));
    } else {
      stream.send('hello');
    }
  });
  const Class = (library === 'ws' ? ws : pushwire).WebSocketServer as typeof pushwire.WebSocketServer;
  const webSockets = new Class({ server, ...options });
  webSockets.on('connection', (socket, request) => {
    socket.on('error', () => {});
    if (request.url === '/flood') flood(socket);
    socket.on('message', (data, isBinary) => void socket.send(data as Buffer, { binary: isBinary }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Sends up to 1 GB of messages and ignores backpressure, as a careless application would. */
function flood(socket: pushwire.WebSocket, count = 0): void {
  if (socket.readyState !== socket.OPEN || count >= 16_000) return;
  // Each message has its own memory.
  for (let each = 0; each < 16; each++) socket.send(Buffer.alloc(64 * 1024, each));
  setImmediate(flood, socket, count + 16);
}

/** Resolves with the codes of the errors that the client emits, or with the reasons of those that have none. */
function connect(library: Library, options: PlainOptions, port: number): Promise<string[]> {
  const Class = (library === 'ws' ? ws : pushwire).WebSocket as typeof pushwire.WebSocket;
  const socket = new Class(`ws://127.0.0.1:${port}/`, options);
  const errors: string[] = [];
  socket.on('error', (error: NodeJS.ErrnoException & { reason?: string }) => {
    errors.push(error.code ?? error.reason ?? error.message);
  });
  return new Promise((resolve) => socket.on('close', () => resolve(errors)));
}

/** Resolves with the first message or error of an EventSource, one second later. Without `hears`, none is expected. */
async function source(port: number, hears: boolean): Promise<string> {
  const eventSource = new EventSource(`http://127.0.0.1:${port}/`, { reconnectionTime: 1 });
  let heard = 'nothing';
  await new Promise<void>((resolve) => {
    const record = (text: string): void => {
      if (heard === 'nothing') heard = text;
      resolve();
    };
    eventSource.onmessage = ({ data }) => record(`message ${data}`);
    eventSource.onerror = () => record(`error ${eventSource.readyState}`);
    setTimeout(resolve, hears ? PATIENCE : 0);
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  eventSource.close();
  return heard;
}

/** Resolves with the last event or error of a parser. */
function parse(port: number): Promise<string> {
  return new Promise((resolve) => {
    let heard = 'nothing';
    const request = get({ port, host: '127.0.0.1', agent: false }, (response) => {
      const parser = new EventParser({
        onEvent: ({ type, data, lastEventId }) => {
          heard = `${type} ${data} ${lastEventId}`;
        },
        onRetry: (milliseconds) => {
          heard = `retry ${milliseconds}`;
        },
        onError: ({ code }) => {
          heard = code;
          request.destroy();
        },
      });
      response.on('data', (chunk: Buffer) => parser.push(chunk));
      response.on('error', () => {});
      response.on('close', () => resolve(heard));
    });
  });
}

process.on('message', async (order: Order) => {
  const reply = (value: unknown): void => void process.send!(value);
  switch (order.order) {
    case 'serve': {
      const port = await serve(order.library, order.options);
      reset();
      return reply(port);
    }
    case 'connect':
      reset();
      return reply(await connect(order.library, order.options, order.port));
    case 'source':
      reset();
      return reply(await source(order.port, order.hears));
    case 'parse':
      reset();
      return reply(await parse(order.port));
    case 'report':
      highest = Math.max(highest, process.memoryUsage.rss());
      return reply(highest - lowest);
  }
});
