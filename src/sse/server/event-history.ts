import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { memoryCost, OBJECT_PRICE, ownMemory } from '../../shared/memory-price.ts';
import type { ServerSentEvent } from '../wire/event-encoder.ts';
import { ownText } from '../wire/held-text.ts';

/** An event that was broadcast, as the history keeps it. */
export interface StoredEvent<Context, Data> {
  readonly event: ServerSentEvent<Data> & { readonly id: string };
  readonly context: Context;
  /** The event as a chunk of HTTP/1.1, which goes to each stream. */
  readonly encoded: Buffer;
  /** The time of the broadcast, in milliseconds of a monotonic clock. */
  readonly time: number;
}

interface KeptEvent<Context, Data> extends StoredEvent<Context, Data> {
  /** The bytes of all events that were broadcast before this one. */
  readonly bytesBefore: number;
}

/** The limits of a history. If one of them is 0, it keeps nothing. */
export interface HistoryLimits {
  /** The number of events. */
  readonly count: number;
  /** The bytes of memory that hold the events. */
  readonly bytes: number;
  /** The milliseconds since the broadcast of an event. */
  readonly age: number;
}

/** The objects that an event in the history consists of: the stored event, its fields, its id, and the id's place in a map. */
const OBJECTS_PER_EVENT = 4;

/** The latest events. Each has a position: 0 for the first event that was ever broadcast, 1 for the next one, and so on. */
export class EventHistory<Context, Data> {
  readonly #limits: HistoryLimits;
  readonly #events = new CompactingQueue<KeptEvent<Context, Data>>();
  /** The position of the first event in the queue. */
  #start = 0;
  #bytes = 0;
  /** The bytes of the events that were removed. */
  #removedBytes = 0;
  readonly #positions = new Map<string, number>();
  /** The id of the event before `start`: the events after this one are all kept. */
  #idBefore: string;
  #lastId: string;

  /** @param startId an id for the position before the first event */
  constructor(limits: HistoryLimits, startId: string) {
    this.#limits = limits;
    this.#idBefore = startId;
    this.#lastId = startId;
    this.#positions.set(startId, -1);
  }

  /** Whether it keeps events at all. */
  get keepsEvents(): boolean {
    const { count, bytes, age } = this.#limits;
    return count > 0 && bytes > 0 && age > 0;
  }

  /** The number of events that are kept. */
  get length(): number {
    return this.#events.length;
  }

  /** The bytes of memory that hold the events. */
  get bytes(): number {
    return this.#bytes;
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

  /** Returns the event at a position, which must be at least `start` and less than `end`. */
  at(position: number): StoredEvent<Context, Data> {
    return this.#events.at(position - this.#start)!;
  }

  /**
   * Returns the position after the event with this id. Returns undefined if the id is unknown, or if events after it are no
   * longer kept.
   */
  positionAfter(id: string): number | undefined {
    const position = this.#positions.get(id);
    return position === undefined || position + 1 < this.start ? undefined : position + 1;
  }

  /** The bytes of memory of the events from a position on; Infinity if the first of them is no longer kept. */
  bytesFrom(position: number): number {
    if (position >= this.end) return 0;
    if (position < this.#start) return Number.POSITIVE_INFINITY;
    return this.#removedBytes + this.#bytes - this.#events.at(position - this.#start)!.bytesBefore;
  }

  /** @param neededFrom as in `expire()` */
  append(added: StoredEvent<Context, Data>, neededFrom?: number): void {
    const event = this.#keep(added);
    this.#positions.set(event.event.id, this.end);
    this.#lastId = event.event.id;
    this.#events.push(event);
    this.#bytes += costOf(event);
    this.expire(event.time, neededFrom);
  }

  /** An event that keeps nothing else alive: its text may be a slice of a longer one. Objects of the application stay as they are. */
  #keep({ event, context, encoded, time }: StoredEvent<Context, Data>): KeptEvent<Context, Data> {
    const bytesBefore = this.#removedBytes + this.#bytes;
    if (!this.keepsEvents) return { event, context, encoded, time, bytesBefore };
    const own = { ...event, id: ownText(event.id) };
    if (typeof own.event === 'string') own.event = ownText(own.event);
    if (typeof own.data === 'string') own.data = ownText(own.data) as Data & string;
    return { event: own, context, encoded: ownMemory(encoded), time, bytesBefore };
  }

  /**
   * Removes the oldest events until the history is within its limits.
   *
   * @param neededFrom the position from which events are kept, whatever the limits. Default: none is
   */
  expire(now: number, neededFrom: number = Number.POSITIVE_INFINITY): void {
    const { count, bytes, age } = this.#limits;
    const events = this.#events;
    for (let oldest = events.at(0); oldest !== undefined && this.#start < neededFrom; oldest = events.at(0)) {
      if (events.length <= count && this.#bytes <= bytes && now - oldest.time < age) break;
      this.#remove(oldest);
    }
  }

  #remove(oldest: StoredEvent<Context, Data>): void {
    // An id that was used twice belongs to the later event.
    if (this.#positions.get(this.#idBefore) === this.start - 1) this.#positions.delete(this.#idBefore);
    this.#idBefore = oldest.event.id;
    this.#bytes -= costOf(oldest);
    this.#removedBytes += costOf(oldest);
    this.#events.shift();
    this.#start++;
  }
}

/** The encoded event, and its fields, whose data is about as long. */
function costOf<Context, Data>({ encoded }: StoredEvent<Context, Data>): number {
  return memoryCost(encoded) + encoded.length + OBJECTS_PER_EVENT * OBJECT_PRICE;
}
