/** Bytes that an event costs besides its own: a Buffer and its place in the list. Measured: 113, with Node 20. */
const OVERHEAD = 128;

/** What is taken away from the front is given free when it is this many, so that taking one away costs no move of all. */
const COMPACT_AFTER = 1024;

/** Encoded events that wait for a client that does not read, the oldest first. */
export class Backlog {
  #events: (Buffer | undefined)[] = [];
  #start = 0;
  #bytes = 0;

  get length(): number {
    return this.#events.length - this.#start;
  }

  /** With what it costs to keep them, so that many tiny events are bounded, too. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether one more may wait. */
  fits(event: Buffer, maxBytes: number): boolean {
    return this.#bytes + event.length + OVERHEAD <= maxBytes;
  }

  push(event: Buffer): void {
    this.#events.push(event);
    this.#bytes += event.length + OVERHEAD;
  }

  /** The oldest; there must be one. */
  shift(): Buffer {
    const event = this.#events[this.#start]!;
    this.#events[this.#start++] = undefined;
    this.#bytes -= event.length + OVERHEAD;
    if (this.#start >= COMPACT_AFTER && this.#start * 2 >= this.#events.length) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
    return event;
  }

  clear(): void {
    this.#events = [];
    this.#start = 0;
    this.#bytes = 0;
  }
}
