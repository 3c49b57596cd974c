import type { EncodedEvent } from '../events/encoded-event.ts';

/** Older events that were read from the log, and the number of subscribers that are receiving them. */
export class Page<Data> {
  /** The id after which the events follow. */
  readonly after: string;
  readonly events: readonly EncodedEvent<Data>[];
  /** The number of subscribers that are receiving the page. */
  users = 0;
  onUnused: (() => void) | null = null;
  readonly #indexes = new Map<string, number>();

  constructor(after: string, events: readonly EncodedEvent<Data>[]) {
    this.after = after;
    this.events = events;
    for (const [index, { id }] of events.entries()) this.#indexes.set(id, index + 1);
    this.#indexes.set(after, 0);
  }

  /** The index of the event after an id; undefined if the page does not have that event. */
  indexAfter(id: string): number | undefined {
    const index = this.#indexes.get(id);
    return index === this.events.length ? undefined : index;
  }

  release(): void {
    if (--this.users === 0) this.onUnused?.();
  }
}
