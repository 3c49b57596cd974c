/** Other libraries with the API of pushwire, so that `fuzz/cost` can attack them. They report no memory counts. */
import { createChannel, createSession } from 'better-sse';
import { createParser } from 'eventsource-parser';
import * as ws from 'ws';

export { EventSource } from 'eventsource';
export { WebSocket } from 'ws';

export class WebSocketServer extends ws.WebSocketServer {
  broadcast(data, { filter, compress }) {
    for (const client of this.clients) if (filter(client)) client.send(data, { compress });
  }

  metrics() {
    return { receiveMemory: 0 };
  }
}

export class EventStream {
  queuedBytes = 0;
  #listeners = [];

  static open(request, response) {
    const stream = new EventStream();
    stream.session = createSession(request, response, { keepAlive: 100, serializer: String }).then((session) => {
      session.on('disconnected', () => {
        for (const listener of stream.#listeners) listener();
      });
      return session;
    });
    // Rejects if the client has disconnected.
    stream.session.catch(() => {});
    return stream;
  }

  on(_close, listener) {
    this.#listeners.push(listener);
  }
}

export class EventChannel {
  #channel = createChannel();

  get size() {
    return this.#channel.sessionCount;
  }

  add(stream) {
    stream.session.then(
      (session) => this.#channel.register(session),
      () => {},
    );
  }

  broadcast(data) {
    this.#channel.broadcast(data);
  }
}

export class EventParser {
  #decoder = new TextDecoder();
  #parser;

  constructor({ onEvent }) {
    this.#parser = createParser({ onEvent });
  }

  push(chunk) {
    this.#parser.feed(this.#decoder.decode(chunk, { stream: true }));
  }
}
