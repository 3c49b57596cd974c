import { filtersCounted } from './topic.ts';

/** The subscribers of each topic filter. */
export class TopicIndex<Subscriber> {
  readonly #subscribers = new Map<string, Set<Subscriber>>();

  /** The number of topic filters with subscribers. */
  get size(): number {
    return this.#subscribers.size;
  }

  add(filter: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(filter);
    if (subscribers === undefined) this.#subscribers.set(filter, new Set([subscriber]));
    else subscribers.add(subscriber);
  }

  delete(filter: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(filter);
    if (subscribers?.delete(subscriber) && subscribers.size === 0) this.#subscribers.delete(filter);
  }

  /** Calls back for each subscriber of the filters. A subscriber with several of the filters causes several calls. */
  forEach(filters: readonly string[], callback: (subscriber: Subscriber) => void): void {
    for (const filter of filters) {
      const subscribers = this.#subscribers.get(filter);
      if (subscribers !== undefined) for (const subscriber of subscribers) callback(subscriber);
    }
  }

  /** The subscribers that a topic has; for a filter with "*", those with this filter. */
  subscribersOf(filter: string): Set<Subscriber> {
    const subscribers = new Set<Subscriber>();
    this.forEach(filtersCounted(filter), (subscriber) => subscribers.add(subscriber));
    return subscribers;
  }

  /** The number of subscribers of each topic filter. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = Object.create(null);
    for (const [filter, { size }] of this.#subscribers) counts[filter] = size;
    return counts;
  }
}
