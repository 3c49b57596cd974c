import type { Readable } from 'node:stream';

/** The maximum number of milliseconds that one connection may occupy a turn of the event loop. */
const TURN_BUDGET = 10;

/** Receives the body of a response. */
export interface BodySink {
  onData(chunk: Buffer): void;
  /** Called once, at the end, unless `stop()` was called. Without a failure, the server has ended the stream. */
  onEnd(failure: Error | undefined): void;
}

/**
 * Reads the body of a response. If the connection breaks, the data that has arrived is read, too: a stream of Node.js would
 * discard its buffered data if its reader is paused at that time.
 *
 * A connection with much data does not block the others: processing many small events takes longer than receiving them.
 */
export class BodyReader {
  readonly #body: Readable;
  readonly #sink: BodySink;
  #spent = 0;
  #waitsForTurn = false;
  #paused = false;
  #stopped = false;

  /** @param failure called at the end of the body, which may have been decompressed; returns why the connection broke, if it did */
  constructor(body: Readable, failure: () => Error | undefined, sink: BodySink) {
    this.#body = body;
    this.#sink = sink;
    body.on('data', (chunk: Buffer) => this.#receive(chunk));
    body.on('error', (error) => this.#end(error));
    body.on('end', () => this.#end(failure()));
    body.on('close', () => this.#end(connectionLost()));
  }

  pause(): void {
    this.#paused = true;
    this.#body.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#waitsForTurn && !this.#stopped) this.#body.resume();
  }

  /** Stops reading. The sink is not called again. */
  stop(): void {
    this.#stopped = true;
    this.#body.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#stopped) return;
    const start = performance.now();
    this.#sink.onData(chunk);
    this.#spent += performance.now() - start;
    if (this.#spent < TURN_BUDGET) return;
    this.#spent = 0;
    this.#waitsForTurn = true;
    this.#body.pause();
    setImmediate(() => {
      this.#waitsForTurn = false;
      if (!this.#paused && !this.#stopped) this.#body.resume();
    });
  }

  #end(failure: Error | undefined): void {
    // A destroyed stream still returns its buffered data.
    for (
      let rest = this.#stopped ? null : this.#body.read();
      rest !== null && !this.#stopped;
      rest = this.#body.read()
    ) {
      this.#sink.onData(rest);
    }
    if (this.#stopped) return;
    this.#stopped = true;
    this.#sink.onEnd(failure);
  }
}

export function connectionLost(): Error {
  return Object.assign(new Error('The connection was lost'), { code: 'SSE_ERR_CONNECTION_LOST' });
}
