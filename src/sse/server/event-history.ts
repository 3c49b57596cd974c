import { CompactingQueue } from '../../shared/compacting-queue.ts';
import type { ServerSentEvent } from '../wire/event-encoder.ts';

/** An event that was broadcast. */
export interface StoredEvent<Context, Data> {
  readonly event: ServerSentEvent<Data> & { readonly id: string };
  readonly context: Context;
  /** As it goes to each stream, in a chunk. */
  readonly encoded: Buffer;
  /** Milliseconds, of a clock that never goes back. */
  readonly time: number;
}

/** How much is kept; 0 for nothing. */
export interface HistoryBounds {
  readonly count: number;
  /** Of the encoded events. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly age: number;
}

/** The latest events, each with its position: 0 for the first that was ever broadcast, 1 for the next, and so on. */
export class EventHistory<Context, Data> {
  readonly #bounds: HistoryBounds;
  readonly #events = new CompactingQueue<StoredEvent<Context, Data>>();
  /** The position of the oldest event that is kept; `end` if there is none. */
  #start = 0;
  #bytes = 0;
  readonly #positions = new Map<string, number>();
  /** The id of the event before `start`: nothing after it is missing yet. */
  #idBefore: string;
  #lastId: string;

  /** @param startId what stands for the position before the first event */
  constructor(bounds: HistoryBounds, startId: string) {
    this.#bounds = bounds;
    this.#idBefore = startId;
    this.#lastId = startId;
    this.#positions.set(startId, -1);
  }

  /** The position of the oldest event that is kept; `end` if there is none. */
  get start(): number {
    return this.#start;
  }

  /** The position of the next event that will be broadcast. */
  get end(): number {
    return this.#start + this.#events.length;
  }

  /** The id of the latest event. */
  get lastId(): string {
    return this.#lastId;
  }

  /** The event at a position from `start` on, before `end`. */
  at(position: number): StoredEvent<Context, Data> {
    return this.#events.at(position - this.#start)!;
  }

  /** The position of what came after the event with this id; undefined if that is not known, or not kept in whole. */
  positionAfter(id: string): number | undefined {
    const position = this.#positions.get(id);
    return position === undefined || position + 1 < this.start ? undefined : position + 1;
  }

  append(event: StoredEvent<Context, Data>): void {
    this.#positions.set(event.event.id, this.end);
    this.#lastId = event.event.id;
    this.#events.push(event);
    this.#bytes += event.encoded.length;
    this.expire(event.time);
  }

  /** Lets go of what is past the bounds. */
  expire(now: number): void {
    const { count, bytes, age } = this.#bounds;
    const events = this.#events;
    for (let oldest = events.at(0); oldest !== undefined; oldest = events.at(0)) {
      if (events.length <= count && this.#bytes <= bytes && now - oldest.time < age) break;
      this.#forget(oldest);
    }
  }

  #forget(oldest: StoredEvent<Context, Data>): void {
    // An id that was given twice stands for the later event.
    if (this.#positions.get(this.#idBefore) === this.start - 1) this.#positions.delete(this.#idBefore);
    this.#idBefore = oldest.event.id;
    this.#bytes -= oldest.encoded.length;
    this.#events.shift();
    this.#start++;
  }
}
