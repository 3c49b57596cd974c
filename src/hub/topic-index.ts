import { prefixOf } from './topic.ts';

/** The subscribers of each topic filter. */
export class TopicIndex<Subscriber> {
  readonly #topics = new Map<string, Set<Subscriber>>();
  readonly #prefixes = new Map<string, Set<Subscriber>>();

  /** The number of topic filters with subscribers. */
  get size(): number {
    return this.#topics.size + this.#prefixes.size;
  }

  add(filter: string, subscriber: Subscriber): void {
    const { map, key } = this.#placeOf(filter);
    const subscribers = map.get(key);
    if (subscribers === undefined) map.set(key, new Set([subscriber]));
    else subscribers.add(subscriber);
  }

  delete(filter: string, subscriber: Subscriber): void {
    const { map, key } = this.#placeOf(filter);
    const subscribers = map.get(key);
    if (subscribers?.delete(subscriber) && subscribers.size === 0) map.delete(key);
  }

  /** Calls back for each subscriber of a topic, more than once if several of its filters accept the topic. */
  forEach(topic: string, callback: (subscriber: Subscriber) => void): void {
    callEach(this.#topics.get(topic), callback);
    if (this.#prefixes.size === 0) return;
    callEach(this.#prefixes.get(''), callback);
    for (let end = topic.indexOf('/'); end !== -1; end = topic.indexOf('/', end + 1)) {
      callEach(this.#prefixes.get(topic.slice(0, end + 1)), callback);
    }
  }

  /** The number of subscribers that a topic has; for a filter with "*", the number of those with this filter. */
  count(filter: string): number {
    const { map, key } = this.#placeOf(filter);
    if (map === this.#prefixes) return map.get(key)?.size ?? 0;
    const subscribers = new Set<Subscriber>();
    this.forEach(filter, (subscriber) => subscribers.add(subscriber));
    return subscribers.size;
  }

  /** The number of subscribers of each topic filter. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = Object.create(null);
    for (const [topic, { size }] of this.#topics) counts[topic] = size;
    for (const [prefix, { size }] of this.#prefixes) counts[`${prefix}*`] = size;
    return counts;
  }

  #placeOf(filter: string): { readonly map: Map<string, Set<Subscriber>>; readonly key: string } {
    const prefix = prefixOf(filter);
    return prefix === undefined ? { map: this.#topics, key: filter } : { map: this.#prefixes, key: prefix };
  }
}

function callEach<Subscriber>(
  subscribers: Iterable<Subscriber> | undefined,
  callback: (one: Subscriber) => void,
): void {
  if (subscribers !== undefined) for (const subscriber of subscribers) callback(subscriber);
}
