import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';
import { readText } from './read-text.ts';

/** Bytes of a message. */
const MAX_MESSAGE = 64 * 1024;
/** Milliseconds that the peers get for the closing handshake when it ends. */
const CLOSE_TIMEOUT = 1_000;

/** What one of its WebSockets sends, or a POST brings, all get: the WebSockets as messages, the event streams as events. */
export class BroadcastRoom {
  readonly webSockets: WebSocketServer = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE });
  readonly #channel = new EventChannel();

  constructor() {
    this.webSockets.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, isBinary) => {
        this.webSockets.broadcast(data as Buffer, { binary: isBinary });
        // An event is text: bytes can't be told in one.
        if (!isBinary) this.#channel.broadcast({ data: data.toString() });
      });
    });
  }

  /** Answers with the event stream of all that is broadcast from now on. */
  listen(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    this.#channel.add(EventStream.open(request, response, { headers }));
  }

  /** Broadcasts the body of a request. */
  async post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request, MAX_MESSAGE);
    if (text === undefined) return;
    if (text === null) return void response.writeHead(413, { Connection: 'close' }).end();
    this.webSockets.broadcast(text);
    this.#channel.broadcast({ data: text });
    response.writeHead(204).end();
  }

  async close(): Promise<void> {
    this.#channel.close();
    await this.webSockets.shutdown({ timeout: CLOSE_TIMEOUT, reason: 'The server stops' });
  }
}
