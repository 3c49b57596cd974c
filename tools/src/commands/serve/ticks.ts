import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventStream, type WebSocket, WebSocketServer } from 'pushwire';
import { wallClock } from '../../compare/clock.ts';
import { readText } from './read-text.ts';
import { respond } from './respond.ts';
import { SHUTDOWN_OPTIONS } from './shutdown-options.ts';

/** Of a message to echo to the page, in bytes. */
const MAX_ECHO = 16 * 1024;

/**
 * The connections of the demo page. All WebSockets and event streams receive the same ticks, which contain the time of
 * sending. The server echoes the messages of the page, and answers its questions about the time.
 */
export class Ticks {
  /** It rejects upgrades at other paths. */
  readonly webSockets: WebSocketServer = new WebSocketServer({
    noServer: true,
    path: '/websocket',
    maxPayload: MAX_ECHO,
  });
  readonly #streams = new Map<string, EventStream>();
  /** The streams whose clients do not keep up. They miss ticks, so that the queue does not grow. */
  readonly #behind = new Set<EventStream>();
  #streamCount = 0;
  #tickCount = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.webSockets.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, isBinary) => answerMessage(socket, data as Buffer, isBinary));
    });
  }

  /** Sends a tick every `interval` milliseconds. */
  start(interval: number): void {
    this.#timer = setInterval(() => this.#send(), interval);
  }

  /** Responds with an event stream. Its first event contains the ID for POST requests. */
  openStream(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    const stream = EventStream.open(request, response, { retry: 1_000, headers });
    const id = `${++this.#streamCount}`;
    this.#streams.set(id, stream);
    stream.on('close', () => {
      this.#streams.delete(id);
      this.#behind.delete(stream);
    });
    stream.on('drain', () => this.#behind.delete(stream));
    stream.send({ event: 'welcome', data: id });
  }

  /**
   * Answers a POST request with an event on the stream named in the query: an echo of the body or, with the parameter
   * `exchange`, the times of the exchange.
   */
  async post(request: IncomingMessage, response: ServerResponse, query: string): Promise<void> {
    const parameters = new URLSearchParams(query);
    const stream = this.#streams.get(parameters.get('stream') ?? '');
    if (stream === undefined) return respond(response, 404);
    const text = await readText(request, MAX_ECHO);
    if (text === undefined) return;
    if (text === null) return respond(response, 413, { Connection: 'close' });
    if (parameters.has('exchange')) stream.send({ event: 'exchange', data: exchangeTimes(wallClock()) });
    else stream.send({ event: 'echo', data: text });
    respond(response, 204);
  }

  #send(): void {
    const tick = { number: ++this.#tickCount, sentAt: wallClock() };
    const message = JSON.stringify({ type: 'tick', ...tick });
    const event = { event: 'tick', data: JSON.stringify(tick) };
    const sends = [
      () => {
        for (const socket of this.webSockets.clients) if (socket.bufferedAmount < MAX_ECHO) socket.send(message);
      },
      () => {
        for (const stream of this.#streams.values()) {
          if (!this.#behind.has(stream) && !stream.send(event)) this.#behind.add(stream);
        }
      },
    ];
    // Alternate, so that neither is always first.
    if (this.#tickCount % 2 === 0) sends.reverse();
    for (const send of sends) send();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const stream of this.#streams.values()) stream.close();
    await this.webSockets.shutdown(SHUTDOWN_OPTIONS);
  }
}

/** The answer to an exchange: when its message arrived, and when this answer was sent. */
function exchangeTimes(arrivedAt: number): string {
  return `{"type":"exchange","arrivedAt":${arrivedAt},"sentAt":${wallClock()}}`;
}

/** Answers questions about the time and about an exchange, and echoes any other message. */
function answerMessage(socket: WebSocket, data: Buffer, isBinary: boolean): void {
  const arrivedAt = wallClock();
  const text = isBinary ? '' : data.toString();
  if (text.startsWith('{"type":"exchange"')) socket.send(exchangeTimes(arrivedAt));
  else if (text.startsWith('{"type":"clock"')) socket.send(`{"type":"clock","time":${wallClock()}}`);
  else socket.send(data, { binary: isBinary });
}
