import type { LogEntry, TailListener } from '../../../src/hub/index.ts';
import type { RecordingClient } from './recording-client.ts';

interface Place {
  /** Which part of the log: another one begins when events may have been lost. */
  readonly part: number;
  readonly index: number;
  readonly topic: string;
}

/** Records the log while it is written, and compares with it what clients have received. */
export class RecordedLog implements TailListener {
  readonly #places = new Map<string, Place>();
  /** The places of each topic, in the order of the log. */
  readonly #topics = new Map<string, { readonly id: string; readonly index: number }[]>();
  #part = 0;
  #index = 0;
  errors = 0;
  /** The number of events. */
  length = 0;
  /** How often events may have been lost. */
  interruptions = -1;
  latestId = '';

  onStart(latestId: string): void {
    this.#part++;
    this.interruptions++;
    this.#add(latestId, '');
  }

  onEntries(entries: readonly LogEntry[]): void {
    for (const { id, topic } of entries) this.#add(id, topic);
    this.length += entries.length;
  }

  onError(): void {
    this.errors++;
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** Whether a client has received all events of its topics. */
  isComplete({ lastId, topics }: RecordingClient): boolean {
    const place = this.#places.get(lastId);
    return place !== undefined && this.#missed(place.index, Number.POSITIVE_INFINITY, topics).length === 0;
  }

  /**
   * What is wrong with what a client has received: gaps, repetitions, events of other topics. The last events before a loss may have
   * reached a client and not the record: then a reset follows them.
   */
  faultsOf({ received, topics }: RecordingClient): string[] {
    const faults: string[] = [];
    let last: Place | undefined;
    let unknown: string[] = [];
    for (const { id, isReset } of received) {
      const place = this.#places.get(id);
      if (place === undefined) {
        unknown.push(`${id} is not in the log`);
        continue;
      }
      if (!isReset || this.interruptions === 0) faults.push(...unknown);
      unknown = [];
      if (!isReset) {
        if (!topics.includes(place.topic)) faults.push(`${id} has the topic ${place.topic}`);
        if (last !== undefined && place.index <= last.index) faults.push(`${id} was received again, or too late`);
        if (last !== undefined && place.part !== last.part) faults.push(`${id} follows without a reset`);
        const missed = last === undefined ? [] : this.#missed(last.index, place.index, topics);
        if (missed.length > 0) faults.push(`${missed.join()} was missed before ${id}`);
      }
      last = place;
    }
    return [...faults, ...unknown];
  }

  #add(id: string, topic: string): void {
    const index = this.#index++;
    this.#places.set(id, { part: this.#part, index, topic });
    const ofTopic = this.#topics.get(topic);
    if (ofTopic === undefined) this.#topics.set(topic, [{ id, index }]);
    else ofTopic.push({ id, index });
    this.latestId = id;
  }

  #missed(after: number, before: number, topics: readonly string[]): string[] {
    return topics.flatMap((topic) => {
      const ofTopic = this.#topics.get(topic) ?? [];
      let first = 0;
      for (let end = ofTopic.length; first < end; ) {
        const middle = (first + end) >>> 1;
        if (ofTopic[middle]!.index <= after) first = middle + 1;
        else end = middle;
      }
      const missed = ofTopic[first];
      return missed !== undefined && missed.index < before ? [missed.id] : [];
    });
  }
}
