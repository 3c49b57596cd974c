import { CompactingQueue } from './compacting-queue.ts';

/** An event in a history. */
export interface HistoryEntry {
  readonly id: string;
  /** When it was added, in milliseconds of a monotonic clock. */
  readonly time: number;
  /** The bytes of memory that hold it. */
  readonly memory: number;
  /** The bytes of all events that were added before this one. The history sets it. */
  bytesBefore: number;
}

/** The limits of a history. If one of them is 0, it keeps nothing. */
export interface HistoryLimits {
  /** The number of events. */
  readonly count: number;
  /** The bytes of memory that hold the events. */
  readonly bytes: number;
  /** The milliseconds since an event was added. */
  readonly age: number;
}

/** The latest events. Each has a position: 0 for the first event that was ever added, 1 for the next one, and so on. */
export class History<Entry extends HistoryEntry> {
  readonly #limits: HistoryLimits;
  readonly #onRemove: ((entry: Entry) => void) | undefined;
  readonly #entries = new CompactingQueue<Entry>();
  /** The position of the first event in the queue. */
  #start = 0;
  #bytes = 0;
  /** The bytes of the events that were removed. */
  #removedBytes = 0;
  readonly #positions = new Map<string, number>();
  /** The id of the event before `start`: the events after this one are all kept. */
  #idBefore: string;
  #lastId: string;

  /**
   * @param startId  an id for the position before the first event
   * @param onRemove called with each event that is removed
   */
  constructor(limits: HistoryLimits, startId: string, onRemove?: (entry: Entry) => void) {
    this.#limits = limits;
    this.#onRemove = onRemove;
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
    return this.#entries.length;
  }

  /** The bytes of memory that hold the events. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The position of the oldest event that is kept; `end` if there is none. */
  get start(): number {
    return this.#start;
  }

  /** The position of the next event that will be added. */
  get end(): number {
    return this.#start + this.#entries.length;
  }

  /** The id of the latest event. */
  get lastId(): string {
    return this.#lastId;
  }

  /** Returns the event at a position, which must be at least `start` and less than `end`. */
  at(position: number): Entry {
    return this.#entries.at(position - this.#start)!;
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
    return this.#removedBytes + this.#bytes - this.at(position).bytesBefore;
  }

  /** @param neededFrom as in `expire()` */
  append(entry: Entry, neededFrom?: number): void {
    entry.bytesBefore = this.#removedBytes + this.#bytes;
    this.#positions.set(entry.id, this.end);
    this.#lastId = entry.id;
    this.#entries.push(entry);
    this.#bytes += entry.memory;
    this.expire(entry.time, neededFrom);
  }

  /**
   * Removes the oldest events until the history is within its limits.
   *
   * @param neededFrom the position from which events are kept, whatever the limits. Default: none is
   */
  expire(now: number, neededFrom: number = Number.POSITIVE_INFINITY): void {
    const { count, bytes, age } = this.#limits;
    const entries = this.#entries;
    for (let oldest = entries.at(0); oldest !== undefined && this.#start < neededFrom; oldest = entries.at(0)) {
      if (entries.length <= count && this.#bytes <= bytes && now - oldest.time < age) break;
      this.#remove(oldest);
    }
  }

  #remove(oldest: Entry): void {
    // An id that was used twice belongs to the later event.
    if (this.#positions.get(this.#idBefore) === this.start - 1) this.#positions.delete(this.#idBefore);
    this.#idBefore = oldest.id;
    this.#bytes -= oldest.memory;
    this.#removedBytes += oldest.memory;
    this.#entries.shift();
    this.#start++;
    this.#onRemove?.(oldest);
  }
}
