import { randomUUID } from 'node:crypto';
import { filtersCounted } from './events/topic.ts';
import { notCounted } from './hub-error.ts';
import type { PresenceRecords } from './log/log.ts';
import type { LogReports } from './log/log-reports.ts';

/** A record expires after this many intervals. */
const EXPIRY = 3;

/** Writes the numbers of this process's subscribers to the engine of the log regularly, and adds up the numbers of all processes. */
export class Presence {
  readonly #records: PresenceRecords;
  readonly #process: string = randomUUID();
  readonly #expiry: number;
  readonly #counts: () => Readonly<Record<string, number>>;
  readonly #reports: LogReports;
  readonly #timer: NodeJS.Timeout;
  /** Resolves with whether the record was written. */
  #writing: Promise<boolean> | undefined;
  #isClosed = false;
  /** The parsed records of other processes, by their texts. */
  #parsed = new Map<string, Readonly<Record<string, number>>>();

  constructor(
    records: PresenceRecords,
    interval: number,
    counts: () => Readonly<Record<string, number>>,
    reports: LogReports,
  ) {
    this.#records = records;
    this.#expiry = EXPIRY * interval;
    this.#counts = counts;
    this.#reports = reports;
    this.#timer = setInterval(() => this.#write(), interval).unref();
    this.#write();
  }

  /**
   * The number of subscribers in all processes. Those of this process are counted as they are now.
   *
   * @throws HubError with the code HUB_ERR_NOT_COUNTED if the log does not answer
   */
  async count(filter: string): Promise<number> {
    let total = countIn(this.#counts(), filter);
    const parsed = new Map<string, Readonly<Record<string, number>>>();
    const records = await this.#records.read().catch((error) => Promise.reject(notCounted(error)));
    for (const [process, record] of records) {
      if (process === this.#process) continue;
      const counts = this.#parsed.get(record) ?? countsIn(record);
      parsed.set(record, counts);
      total += countIn(counts, filter);
    }
    this.#parsed = parsed;
    return total;
  }

  /** Removes the record. Call this while the log is open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    // Otherwise, the record could be written after it was removed. If the engine does not answer, the record expires.
    if ((await this.#writing) === false) return;
    await this.#records.remove(this.#process).catch((error: Error) => this.#reports.error(error));
  }

  #write(): void {
    // An engine that does not answer must not collect records.
    this.#writing ??= this.#writeRecord().finally(() => (this.#writing = undefined));
  }

  async #writeRecord(): Promise<boolean> {
    try {
      await this.#records.write(this.#process, JSON.stringify(this.#counts()), this.#expiry);
      this.#reports.answered('presence');
      return true;
    } catch (error) {
      // The end of the log interrupts a call. That is not a failure.
      if (!this.#isClosed) this.#reports.failed('presence', error as Error);
      return false;
    }
  }
}

/** The counts in a record; none if no hub has written it. */
function countsIn(record: string): Readonly<Record<string, number>> {
  try {
    const counts = JSON.parse(record);
    if (typeof counts === 'object' && counts !== null) return counts;
  } catch {}
  return {};
}

/** The sum over the filters that accept a topic; of a filter with "*", the number of those with this filter. */
function countIn(counts: Readonly<Record<string, number>>, filter: string): number {
  const held = filtersCounted(filter).filter((one) => Object.hasOwn(counts, one));
  return held.reduce((sum, one) => sum + (Number.isSafeInteger(counts[one]) ? counts[one]! : 0), 0);
}
