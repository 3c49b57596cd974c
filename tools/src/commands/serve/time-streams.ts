import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventStream } from 'pushwire';

/** Between two events, in milliseconds. */
const INTERVAL = 1_000;

/** Event streams of the current time. */
export class TimeStreams {
  readonly #streams = new Set<EventStream>();
  #timer: NodeJS.Timeout | undefined;

  /** Sends the time once a second. */
  start(): void {
    this.#timer = setInterval(() => {
      for (const stream of this.#streams) stream.send(new Date().toISOString());
    }, INTERVAL);
  }

  openStream(request: IncomingMessage, response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    const stream = EventStream.open(request, response, { headers });
    this.#streams.add(stream);
    stream.on('close', () => this.#streams.delete(stream));
    stream.send(new Date().toISOString());
  }

  close(): void {
    clearInterval(this.#timer);
    for (const stream of this.#streams) stream.close();
  }
}
