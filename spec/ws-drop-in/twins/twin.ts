import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions, ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { IMPLEMENTATIONS, type Implementation } from '../implementations.ts';

const [WS, PUSHWIRE] = IMPLEMENTATIONS as [Implementation, Implementation];

/** What a program sees of a library: it is done with `ws` and with pushwire, and the records are compared. */
export interface Twin {
  /** The behaviour that `ws` documents or has. */
  readonly title: string;
  /** Returns a record: plain data. */
  readonly record: (library: Implementation) => unknown;
  /** The first cell of the row of docs/from-ws.md that says how pushwire differs. */
  readonly differs?: string;
  /** The record of pushwire if it differs. */
  readonly here?: unknown;
}

const documentOfDifferences = readFileSync(new URL('../../../docs/from-ws.md', import.meta.url), 'utf8');

/** The first cells of the tables of differences. */
export const DIFFERENCES: ReadonlySet<string> = new Set(
  documentOfDifferences
    .slice(documentOfDifferences.indexOf('## What is different'))
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| |'))
    .map((line) => line.slice(2).split(' | ')[0]!.trim()),
);

/** Compares what `ws` and pushwire do, one test for each row. */
export function twins(subject: string, rows: readonly Twin[]): void {
  describe(`pushwire as ws: ${subject}`, () => {
    for (const { title, record, differs, here } of rows) {
      it(title, async () => {
        const [expected, actual] = [await record(WS), await record(PUSHWIRE)];
        if (differs === undefined) {
          expect(actual).toEqual(expected);
        } else {
          expect(DIFFERENCES).toContain(differs);
          expect(actual).not.toEqual(expected);
          expect(actual).toEqual(here);
        }
      });
    }
  });
}

/** What a call returns, or the class of what it throws. */
export function outcome(call: () => unknown): unknown {
  try {
    const result = call();
    return result === undefined || typeof result === 'boolean' ? 'done' : result;
  } catch (error) {
    return `throws ${classOf(error)}`;
  }
}

/** The class of an error that programs look at. */
export function classOf(error: unknown): string {
  for (const Class of [TypeError, RangeError, SyntaxError, Error]) if (error instanceof Class) return Class.name;
  return String(error);
}

export function messageOf(error: unknown): string | null {
  return error instanceof Error ? error.message : null;
}

/** Closes, terminates and waits at the end of the test. */
export async function startServer(library: Implementation, options: ServerOptions = {}): Promise<WebSocketServer> {
  const server = new library.WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of server.clients ?? []) client.terminate();
    server.close();
  });
  return server;
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

/** Ignores errors, and terminates the socket at the end of the test. */
export function quiet(socket: WebSocket): WebSocket {
  socket.on('error', () => {});
  onTestFinished(() => socket.terminate());
  return socket;
}

export interface Pair {
  readonly server: WebSocketServer;
  readonly client: WebSocket;
  /** The server's end. */
  readonly peer: WebSocket;
}

/** The two ends of an open connection. */
export async function openPair(
  library: Implementation,
  serverOptions: ServerOptions = {},
  clientOptions: ClientOptions = {},
): Promise<Pair> {
  const server = await startServer(library, serverOptions);
  const accepted = once(server, 'connection');
  const client = quiet(new library.WebSocket(`ws://127.0.0.1:${portOf(server)}`, clientOptions));
  const opened = once(client, 'open');
  const [peer] = (await accepted) as [WebSocket];
  quiet(peer);
  await opened;
  return { server, client, peer };
}

/** The transport, to send what the library would not. */
export function transportOf(socket: WebSocket): Socket {
  return (socket as unknown as { _socket: Socket })._socket;
}

/** All events of a socket with their arguments, in order. */
export function recordEvents(socket: WebSocket): unknown[] {
  const events: unknown[] = [];
  const text = (data: unknown): string => `${(data as object).constructor.name} ${data}`;
  socket.on('open', (...args: unknown[]) => events.push(['open', ...args]));
  socket.on('message', (data, isBinary) => events.push(['message', text(data), isBinary]));
  socket.on('ping', (data) => events.push(['ping', text(data)]));
  socket.on('pong', (data) => events.push(['pong', text(data)]));
  socket.on('error', (error: Error & { code?: string }) => events.push(['error', classOf(error), error.code]));
  socket.on('close', (code, reason) => events.push(['close', code, text(reason)]));
  return events;
}

export async function closeOf(socket: WebSocket): Promise<[number, string]> {
  const [code, reason] = await new Promise<[number, Buffer]>((resolve) => {
    if (socket.readyState === 3) resolve([0, Buffer.from('closed before')]);
    socket.once('close', (...args) => resolve(args));
  });
  return [code, String(reason)];
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Waits for a condition, at most until the test times out. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(1);
}
