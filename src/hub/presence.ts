import { randomUUID } from 'node:crypto';
import type { PresenceRecords } from './log.ts';
import { filtersCounted } from './topic.ts';

/** A record expires after this many intervals. */
const EXPIRY = 3;

/** Writes the numbers of subscribers of this process into the engine of the log from time to time, and sums those of all processes. */
export class Presence {
  readonly #records: PresenceRecords;
  readonly #process: string = randomUUID();
  readonly #expiry: number;
  readonly #counts: () => Readonly<Record<string, number>>;
  readonly #reportError: (error: Error) => void;
  readonly #timer: NodeJS.Timeout;

  constructor(
    records: PresenceRecords,
    interval: number,
    counts: () => Readonly<Record<string, number>>,
    reportError: (error: Error) => void,
  ) {
    this.#records = records;
    this.#expiry = EXPIRY * interval;
    this.#counts = counts;
    this.#reportError = reportError;
    this.#timer = setInterval(() => void this.#write(), interval).unref();
    void this.#write();
  }

  /** The number of subscribers in all processes. Those of this process are counted as they are now. */
  async count(filter: string): Promise<number> {
    let total = countIn(this.#counts(), filter);
    for (const [process, record] of await this.#records.read()) {
      if (process !== this.#process) total += countIn(JSON.parse(record), filter);
    }
    return total;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#records.remove(this.#process).catch(this.#reportError);
  }

  async #write(): Promise<void> {
    try {
      await this.#records.write(this.#process, JSON.stringify(this.#counts()), this.#expiry);
    } catch (error) {
      this.#reportError(error as Error);
    }
  }
}

/** The sum over the filters that accept a topic; of a filter with "*", the number of those with this filter. */
function countIn(counts: Readonly<Record<string, number>>, filter: string): number {
  const held = filtersCounted(filter).filter((one) => Object.hasOwn(counts, one));
  return held.reduce((sum, one) => sum + counts[one]!, 0);
}
