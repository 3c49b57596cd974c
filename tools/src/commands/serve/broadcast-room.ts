import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventChannel, EventStream, WebSocketServer } from 'pushwire';
import { readText } from './read-text.ts';
import { respond } from './respond.ts';
import { MAX_MESSAGE, type Room } from './room.ts';
import { SHUTDOWN_OPTIONS } from './shutdown-options.ts';

/** The room of one process. It keeps nothing: clients receive what is sent while they are connected. */
export class BroadcastRoom implements Room {
  readonly webSockets: WebSocketServer = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE });
  readonly #channel = new EventChannel();

  constructor() {
    this.webSockets.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, isBinary) => {
        this.webSockets.broadcast(data as Buffer, { binary: isBinary });
        // An event can only carry text.
        if (!isBinary) this.#channel.broadcast({ data: data.toString() });
      });
    });
  }

  openStream(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    this.#channel.add(EventStream.open(request, response, { headers }));
  }

  async post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request, MAX_MESSAGE);
    if (text === undefined) return;
    if (text === null) return respond(response, 413, { Connection: 'close' });
    this.webSockets.broadcast(text);
    this.#channel.broadcast({ data: text });
    respond(response, 204);
  }

  async close(): Promise<void> {
    this.#channel.close();
    await this.webSockets.shutdown(SHUTDOWN_OPTIONS);
  }
}
