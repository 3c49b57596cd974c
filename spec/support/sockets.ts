import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from '../../src/websocket/index.ts';

export interface TestServer {
  readonly server: WebSocketServer;
  readonly port: number;
  readonly url: string;
}

/** Starts a pushwire server on a free port of 127.0.0.1. Closes it at the end of the test. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const client of server.clients ?? []) client.terminate();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}` };
}

/** Echoes each message. */
export function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => void socket.send(data as Buffer, { binary: isBinary }));
}

/** Starts a server that echoes each message. */
export async function startEchoServer(options: ServerOptions = {}): Promise<TestServer> {
  const test = await startServer(options);
  test.server.on('connection', (socket) => {
    socket.on('error', () => {});
    echo(socket);
  });
  return test;
}

/** Resolves with the next connection that a server accepts. */
export async function nextConnection(server: WebSocketServer): Promise<WebSocket> {
  const [socket] = (await once(server, 'connection')) as [WebSocket];
  return socket;
}

/** Opens a pushwire client. */
export async function openClient(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, options);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

/** Connects a pushwire client to a pushwire server, and resolves with both ends. */
export async function connectPair(
  serverOptions: ServerOptions = {},
  clientOptions: ClientOptions = {},
): Promise<{ serverEnd: WebSocket; clientEnd: WebSocket; test: TestServer }> {
  const test = await startServer(serverOptions);
  const accepted = nextConnection(test.server);
  const clientEnd = await openClient(test.url, clientOptions);
  return { serverEnd: await accepted, clientEnd, test };
}

export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** The errors emitted before. */
  readonly errors: Error[];
}

/** Resolves when the socket closes. Collects its errors from now on. */
export function ending(socket: WebSocket): Promise<Ending> {
  const errors: Error[] = [];
  socket.on('error', (error) => void errors.push(error));
  return new Promise((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), errors }));
  });
}

/** Resolves with the next messages as strings. A binary message is written in hex after `0x`. */
export function messages(socket: WebSocket, count: number): Promise<string[]> {
  const received: string[] = [];
  return new Promise((resolve) => {
    socket.on('message', (data, isBinary) => {
      received.push(isBinary ? `0x${(data as Buffer).toString('hex')}` : String(data));
      if (received.length === count) resolve(received);
    });
  });
}
