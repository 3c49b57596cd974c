import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventStream, WebSocketServer } from 'pushwire';
import type { Hub } from 'pushwire/hub';
import { readText } from './read-text.ts';
import { respond } from './respond.ts';
import { MAX_MESSAGE, type Room } from './room.ts';
import type { SharedHub } from './shared-hub.ts';
import { CLOSE_TIMEOUT, SHUTDOWN_OPTIONS } from './shutdown-options.ts';

const TEXT = 'broadcast/text';
/** Their data is the bytes in Base64. Event streams do not receive them. */
const BYTES = 'broadcast/bytes';

/**
 * A room of several processes. Clients that come back to any of them are sent what they have missed: event streams name the last event by
 * its id in the header `Last-Event-ID`, and both kinds by the query parameter `lastEventId`. WebSockets receive JSON with that id.
 */
export class HubRoom implements Room {
  readonly webSockets: WebSocketServer = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE });
  readonly #shared: SharedHub;
  readonly #hub: Hub<string>;

  constructor(shared: SharedHub) {
    this.#shared = shared;
    this.#hub = shared.hub;
    this.webSockets.on('connection', (socket, request) => {
      socket.on('error', () => {});
      if (!this.#hub.subscribe(socket, [TEXT, BYTES], { lastEventId: positionIn(request) })) socket.close(1012);
      socket.on('message', (data, isBinary) => {
        const bytes = data as Buffer;
        const published = isBinary
          ? this.#publish(BYTES, bytes.toString('base64'))
          : this.#publish(TEXT, String(bytes));
        // "Internal error", RFC 6455 §7.4.1: the sender must learn that not all have received it.
        published.catch(() => socket.close(1011, 'The message was not published'));
      });
    });
  }

  openStream(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    const stream = EventStream.open(request, response, { headers, retry: 1_000 });
    const lastEventId = stream.lastEventId || positionIn(request);
    if (!this.#hub.subscribe(stream, TEXT, { lastEventId })) stream.close();
  }

  async post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request, MAX_MESSAGE);
    if (text === undefined) return;
    if (text === null) return respond(response, 413, { Connection: 'close' });
    try {
      await this.#publish(TEXT, text);
    } catch {
      return respond(response, 503);
    }
    respond(response, 204);
  }

  async close(): Promise<void> {
    await this.#hub.shutdown({ timeout: CLOSE_TIMEOUT, closeCode: 1012 });
    await this.webSockets.shutdown(SHUTDOWN_OPTIONS);
    await this.#shared.disconnect();
  }

  #publish(topic: string, data: string): Promise<string> {
    return this.#hub.publish(topic, { data });
  }
}

function positionIn({ url = '' }: IncomingMessage): string {
  return new URLSearchParams(url.split('?')[1]).get('lastEventId') ?? '';
}
