import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import type { EventStreamSubscribeOptions, Hub, WebSocketSubscribeOptions } from '../../src/hub/index.ts';
import { EventParser, EventStream, type EventStreamOptions } from '../../src/sse/index.ts';
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from '../../src/websocket/index.ts';
import { listen } from './http-server.ts';

interface HubServerOptions {
  readonly subscribe?: EventStreamSubscribeOptions<unknown> & WebSocketSubscribeOptions<unknown>;
  readonly stream?: EventStreamOptions;
  readonly webSocket?: ServerOptions;
  readonly onStream?: (stream: EventStream) => void;
  readonly onWebSocket?: (socket: WebSocket, request: IncomingMessage) => void;
}

const query = ({ url = '' }: IncomingMessage): URLSearchParams => new URL(url, 'http://a').searchParams;

/**
 * Starts a server for both protocols. A client subscribes to the `topics` of its URL, separated by commas; a WebSocket continues after the
 * `lastEventId` of its URL. Resolves with the port.
 */
export async function serveHub(hub: Hub, options: HubServerOptions = {}): Promise<number> {
  const server = createServer((request, response) => {
    const stream = EventStream.open(request, response, options.stream);
    if (options.onStream !== undefined) return options.onStream(stream);
    hub.subscribe(stream, query(request).get('topics')!.split(','), options.subscribe);
  });
  const sockets = new WebSocketServer({ server, ...options.webSocket } as ServerOptions);
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => {});
    if (options.onWebSocket !== undefined) return options.onWebSocket(socket, request);
    const lastEventId = query(request).get('lastEventId') ?? '';
    hub.subscribe(socket, query(request).get('topics')!.split(','), { lastEventId, ...options.subscribe });
  });
  onTestFinished(() => {
    for (const socket of sockets.clients ?? []) socket.terminate();
  });
  return listen(server);
}

/** A client of either protocol. It notes the data of what it receives; of a reset, `reset` and the data; nothing of an id alone. */
export abstract class HubClient {
  readonly received: unknown[] = [];
  /** The topics or types of the events, as the protocol has them. */
  readonly names: (string | undefined)[] = [];
  /** The id from which on the client continues. */
  lastEventId = '';
  isOver = false;
  #wake: () => void = () => {};

  abstract pause(): void;
  abstract resume(): void;
  abstract disconnect(): void;

  /** Waits until a condition holds. It is looked at when something is received, and at the end. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Waits for a number of events. */
  async receive(count: number): Promise<unknown[]> {
    await this.until(() => this.received.length >= count);
    return this.received;
  }

  /** Waits for the first id, so that the client is live. */
  async live(): Promise<this> {
    await this.until(() => this.lastEventId !== '');
    return this;
  }

  protected note(name: string | undefined, data: unknown, id: string): void {
    this.lastEventId = id;
    if (data !== undefined) {
      this.names.push(name);
      this.received.push(name === 'reset' ? { reset: data } : data);
    }
    this.#wake();
  }

  protected end(): void {
    this.isOver = true;
    this.#wake();
  }
}

/** Reads an event stream. */
export class StreamClient extends HubClient {
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage, lastEventId: string) {
    super();
    this.#response = response;
    const parser = new EventParser(
      { onEvent: ({ type, data, lastEventId: id }) => this.note(type, parsed(data), id) },
      { lastEventId },
    );
    response.on('data', (chunk: Buffer) => {
      parser.push(chunk);
      if (parser.lastEventId !== this.lastEventId) this.note(undefined, undefined, parser.lastEventId);
    });
    response.on('error', () => {});
    response.on('close', () => this.end());
  }

  static async open(port: number, topics: string, lastEventId = ''): Promise<StreamClient> {
    const headers = lastEventId === '' ? {} : { 'Last-Event-ID': lastEventId };
    const request = get({ port, host: '127.0.0.1', path: `/?topics=${topics}`, headers, agent: false });
    onTestFinished(() => void request.destroy());
    request.on('error', () => {});
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new StreamClient(response, lastEventId);
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  disconnect(): void {
    this.#response.destroy();
  }
}

/** Reads the messages of a WebSocket. */
export class WebSocketClient extends HubClient {
  readonly socket: WebSocket;
  /** Messages that are not events, such as the answers of `accept()`. */
  readonly others: unknown[] = [];
  /** Why the connection has ended. */
  closeCode = 0;

  private constructor(socket: WebSocket) {
    super();
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString());
      if (message.id === undefined || message.subscribed !== undefined) this.others.push(message);
      this.note(message.event ?? message.topic, message.data, message.id ?? this.lastEventId);
    });
    socket.on('close', (code) => {
      this.closeCode = code;
      this.end();
    });
  }

  static async open(
    port: number,
    topics: string,
    lastEventId = '',
    options: ClientOptions = {},
  ): Promise<WebSocketClient> {
    const parameters = new URLSearchParams({ topics, ...(lastEventId === '' ? {} : { lastEventId }) });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/?${parameters}`, options);
    onTestFinished(() => socket.terminate());
    const client = new WebSocketClient(socket);
    await once(socket, 'open');
    return client;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  disconnect(): void {
    this.socket.terminate();
  }

  /** Sends a message as JSON, and waits for a number of answers in all. */
  async ask(message: unknown, answers: number): Promise<unknown> {
    this.socket.send(JSON.stringify(message));
    await this.until(() => this.others.length >= answers);
    return this.others.at(-1);
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

/** The clients of both protocols, for tests that hold for both. */
export const CLIENTS = [
  ['an event stream', StreamClient],
  ['a WebSocket', WebSocketClient],
] as const;
