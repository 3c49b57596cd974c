import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { History, type HistoryLimits } from '../../shared/history.ts';
import type { EncodedEvent } from '../events/encoded-event.ts';

/** The latest events of the log, by position, by id and by topic filter: for clients that were away for a short time. */
export class RecentEvents<Data> {
  readonly #history: History<EncodedEvent<Data>>;
  /** The events that each topic filter accepts, except `*`. */
  readonly #accepted = new Map<string, CompactingQueue<EncodedEvent<Data>>>();

  /** @param startId the id after which the first event follows */
  constructor(limits: HistoryLimits, startId: string) {
    this.#history = new History(limits, startId, (event) => this.#forget(event));
  }

  get length(): number {
    return this.#history.length;
  }

  get bytes(): number {
    return this.#history.bytes;
  }

  /** The position of the oldest event; `end` if there is none. */
  get start(): number {
    return this.#history.start;
  }

  /** The position of the next event. */
  get end(): number {
    return this.#history.end;
  }

  /** The id of the latest event. */
  get lastId(): string {
    return this.#history.lastId;
  }

  append(event: EncodedEvent<Data>): void {
    event.position = this.#history.end;
    for (const filter of event.filters) {
      if (filter === '*') continue;
      const events = this.#accepted.get(filter) ?? new CompactingQueue();
      if (events.length === 0) this.#accepted.set(filter, events);
      events.push(event);
    }
    this.#history.append(event);
  }

  /** The position after the event with this id; undefined if it is not known, or if later events are no longer kept. */
  positionAfter(id: string): number | undefined {
    return this.#history.positionAfter(id);
  }

  /** The first event from a position on that one of the topic filters accepts; undefined if there is none. */
  next(position: number, filters: ReadonlySet<string>): EncodedEvent<Data> | undefined {
    if (filters.has('*')) return position < this.end ? this.#history.at(position) : undefined;
    let next: EncodedEvent<Data> | undefined;
    for (const filter of filters) {
      const event = firstFrom(position, this.#accepted.get(filter));
      if (event !== undefined && (next === undefined || event.position < next.position)) next = event;
    }
    return next;
  }

  #forget({ filters }: EncodedEvent<Data>): void {
    for (const filter of filters) {
      const events = this.#accepted.get(filter);
      events?.shift();
      if (events?.length === 0) this.#accepted.delete(filter);
    }
  }
}

/** Searches the events that a filter accepts by halves. */
function firstFrom<Data>(
  position: number,
  events: CompactingQueue<EncodedEvent<Data>> | undefined,
): EncodedEvent<Data> | undefined {
  if (events === undefined) return undefined;
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (events.at(middle)!.position < position) low = middle + 1;
    else high = middle;
  }
  return events.at(low);
}
