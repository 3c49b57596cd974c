import { CompactingQueue } from '../../shared/compacting-queue.ts';

/** Bytes that an event costs besides its own: a Buffer and its place in the list. Measured: 113, with Node 20. */
const OVERHEAD = 128;

/** Encoded events that wait for a client that does not read, the oldest first. */
export class Backlog {
  readonly #events = new CompactingQueue<Buffer>();
  #bytes = 0;

  get length(): number {
    return this.#events.length;
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
    const event = this.#events.shift()!;
    this.#bytes -= event.length + OVERHEAD;
    return event;
  }

  clear(): void {
    this.#events.clear();
    this.#bytes = 0;
  }
}
