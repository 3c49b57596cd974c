import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { History, type HistoryLimits } from '../../shared/history.ts';
import type { EncodedEvent } from '../hub-event.ts';
import type { TopicFilters } from '../topic.ts';

/** The latest events of the log, by position, by id and by topic. A client that was away for a short while is served from here. */
export class RecentEvents<Data> {
  readonly #history: History<EncodedEvent<Data>>;
  readonly #topics = new Map<string, CompactingQueue<EncodedEvent<Data>>>();

  /** @param startId the id after which the first event follows */
  constructor(limits: HistoryLimits, startId: string) {
    this.#history = new History(limits, startId, (event) => this.#removeFromTopic(event));
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
    const events = this.#topics.get(event.topic);
    if (events !== undefined) {
      events.push(event);
    } else {
      const queue = new CompactingQueue<EncodedEvent<Data>>();
      queue.push(event);
      this.#topics.set(event.topic, queue);
    }
    this.#history.append(event);
  }

  /** The position after the event with this id; undefined if it is not known, or if later events are no longer kept. */
  positionAfter(id: string): number | undefined {
    return this.#history.positionAfter(id);
  }

  /** The first event from a position on that one of the topic filters accepts; undefined if there is none. */
  next(position: number, filters: TopicFilters): EncodedEvent<Data> | undefined {
    if (!filters.areExact) {
      for (let current = position; current < this.end; current++) {
        const event = this.#history.at(current);
        if (filters.match(event.topic)) return event;
      }
      return undefined;
    }
    let next: EncodedEvent<Data> | undefined;
    for (const topic of filters.topics) {
      const event = firstFrom(position, this.#topics.get(topic));
      if (event !== undefined && (next === undefined || event.position < next.position)) next = event;
    }
    return next;
  }

  #removeFromTopic({ topic }: EncodedEvent<Data>): void {
    const events = this.#topics.get(topic)!;
    events.shift();
    if (events.length === 0) this.#topics.delete(topic);
  }
}

/** Searches the events of a topic by halves. */
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
