import { type RetryTimes, retryDelay } from '../../shared/retry-delay.ts';
import { within } from '../../shared/within.ts';
import { EncodedEvent } from '../events/encoded-event.ts';
import type { Log } from '../log/log.ts';
import { Page } from './page.ts';
import { MAX_PAGE_LENGTH, type Subscriber } from './subscriber.ts';

/** Bytes of text in a page, about. */
const PAGE_BYTES = 1024 * 1024;

/** Pages that are kept for clients that come back a little later. */
const KEPT_PAGES = 4;

/** Until an unanswered read is tried again. */
const RETRY: RetryTimes = { delay: 100, maxDelay: 5000 };

/** Milliseconds after which a read without an answer is taken for failed: one that never ends must not hold up all the others. */
const PATIENCE = 15_000;

/** What becomes of a subscriber that waits. */
export interface ReplayListener<Data> {
  /** It continues with this event of a page. */
  onPage(subscriber: Subscriber<Data>, page: Page<Data>, index: number): void;
  /** The log has no later event yet. */
  onEndOfLog(subscriber: Subscriber<Data>): void;
  /** The log does not have all events after its position. */
  onLost(subscriber: Subscriber<Data>, oldestId: string | null): void;
  /** The log does not answer; it is asked again later. */
  onReadError(error: Error): void;
  /** After that: the log has answered, or nobody waits for it any more. */
  onRead(): void;
}

/**
 * Reads older events for subscribers that were away for longer than the recent events go back. One read serves all who need the same
 * page, so a thousand clients that come back at once read it once. One page is read at a time, and the next one when this one has
 * been sent, so that memory does not grow with the number of clients.
 */
export class Replay<Data> {
  readonly #log: Log;
  readonly #listener: ReplayListener<Data>;
  #waiting = new Set<Subscriber<Data>>();
  #pages: Page<Data>[] = [];
  #isRunning = false;
  /** Counts how often the log began anew: what was read before is discarded. */
  #generation = 0;
  /** The number of entries that are read at most: fewer after a failure, because the log may be slow. */
  #maxLength = MAX_PAGE_LENGTH;
  /** Whether the log did not know the id of the latest read. */
  #wasUnknown = false;
  #turn = 0;
  #isClosed = false;
  /** Ends a pause between two reads. */
  #wake: () => void = () => {};
  /** The number of pages that were read from the log. */
  pagesRead = 0;

  constructor(log: Log, listener: ReplayListener<Data>) {
    this.#log = log;
    this.#listener = listener;
  }

  /** Calls the listener for a subscriber, at once if the page is kept. */
  request(subscriber: Subscriber<Data>): void {
    const page = this.#pages.find((kept) => kept.indexAfter(subscriber.after) !== undefined);
    if (page !== undefined) return this.#give(subscriber, page);
    this.#waiting.add(subscriber);
    if (!this.#isRunning) void this.#run();
  }

  cancel(subscriber: Subscriber<Data>): void {
    this.#waiting.delete(subscriber);
  }

  /** Forgets all pages, and who waits: the log has begun anew. */
  clear(): void {
    this.#generation++;
    this.#pages = [];
    this.#waiting = new Set();
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.clear();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let failures = 0;
    // All who come back in one turn of the event loop wait already when the first page is read.
    await new Promise(setImmediate);
    while (this.#waiting.size > 0) {
      try {
        await this.#readNext();
        if (failures > 0) this.#listener.onRead();
        failures = 0;
        this.#maxLength = Math.min(2 * this.#maxLength, MAX_PAGE_LENGTH);
        // Others have their turn, also if the log answers at once.
        await new Promise(setImmediate);
      } catch (error) {
        if (this.#isClosed) return;
        this.#listener.onReadError(error as Error);
        this.#maxLength = Math.max(1, this.#maxLength >> 2);
        await this.#pause(retryDelay(++failures, RETRY));
      }
    }
    if (failures > 0 && !this.#isClosed) this.#listener.onRead();
    this.#isRunning = false;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /**
   * Who has waited longest; three times out of four, among those who accept many events at once: each read for a slow one serves few
   * events, and the others must not wait behind all of them.
   */
  #nextOne(): Subscriber<Data> {
    const [longest] = this.#waiting;
    if (this.#turn++ % 4 === 3) return longest!;
    for (const subscriber of this.#waiting) if (subscriber.appetite === MAX_PAGE_LENGTH) return subscriber;
    return longest!;
  }

  /**
   * Reads the page for one subscriber, and gives it to all whose position it contains. It begins at the oldest
   * position that is at most a page earlier, so that clients that come back together share it.
   */
  async #readNext(): Promise<void> {
    const generation = this.#generation;
    const log = this.#log;
    const first = this.#nextOne();
    let after = first!.after;
    let distance = 0;
    let length = 0;
    for (const subscriber of this.#waiting) {
      // Clients can make up ids. After one of those, it is the turn of who has waited longest, alone.
      if (this.#wasUnknown && subscriber !== first) break;
      const difference = log.compare(first!.after, subscriber.after);
      if (!(Math.abs(difference) < MAX_PAGE_LENGTH)) continue;
      length = Math.max(length, subscriber.appetite - difference);
      if (difference > distance) {
        distance = difference;
        after = subscriber.after;
      }
    }
    this.pagesRead++;
    const limit = Math.min(Math.max(length + distance, 1), this.#maxLength);
    const entries = await inTime(log.read(after, limit, PAGE_BYTES));
    if (generation !== this.#generation) return;
    this.#wasUnknown = entries === null;
    if (entries === null) {
      const waiting = new Set(this.#waiting);
      const { oldestId, latestId } = await inTime(log.range());
      // Those whose position is also outside of the log need no read of their own.
      const isLost = (one: Subscriber<Data>): boolean =>
        one.after === after ||
        oldestId === null ||
        !(log.compare(one.after, oldestId) >= 0) ||
        (waiting.has(one) && log.compare(one.after, latestId) > 0);
      return this.#lose(isLost, oldestId, generation);
    }
    const page = new Page<Data>(
      after,
      entries.map((entry) => new EncodedEvent<Data>(entry)),
    );
    const last = page.events.at(-1);
    if (last === undefined) {
      const atEnd = [...this.#waiting].filter((subscriber) => subscriber.after === after);
      // The tail does not know yet that the log has ended earlier than it did before.
      if (atEnd.some(({ endOfLog }) => endOfLog === after)) await this.#pause(RETRY.delay);
      if (generation !== this.#generation) return;
      for (const subscriber of atEnd) {
        subscriber.endOfLog = after;
        // It may have ended meanwhile.
        if (this.#waiting.has(subscriber)) this.#settle(subscriber, () => this.#listener.onEndOfLog(subscriber));
      }
      return;
    }
    this.#keep(page);
    const lost = new Set<Subscriber<Data>>();
    for (const subscriber of this.#waiting) {
      if (page.indexAfter(subscriber.after) !== undefined) this.#give(subscriber, page);
      else if (log.compare(subscriber.after, page.after) > 0 && log.compare(subscriber.after, last.id) < 0) {
        // Its id is not in the log, although those around it are. Who came during the read, with an older id, waits for an older page.
        lost.add(subscriber);
      }
    }
    if (lost.size > 0) {
      const { oldestId } = await inTime(log.range());
      this.#lose((subscriber) => lost.has(subscriber), oldestId, generation);
    }
    if (page.users > 0) await new Promise<void>((resolve) => (page.onUnused = resolve));
  }

  #lose(isLost: (subscriber: Subscriber<Data>) => boolean, oldestId: string | null, generation: number): void {
    if (generation !== this.#generation) return;
    for (const subscriber of this.#waiting) {
      if (isLost(subscriber)) this.#settle(subscriber, () => this.#listener.onLost(subscriber, oldestId));
    }
  }

  #settle(subscriber: Subscriber<Data>, notify: () => void): void {
    this.#waiting.delete(subscriber);
    notify();
  }

  #give(subscriber: Subscriber<Data>, page: Page<Data>): void {
    page.users++;
    this.#settle(subscriber, () => this.#listener.onPage(subscriber, page, page.indexAfter(subscriber.after)!));
  }

  #keep(page: Page<Data>): void {
    this.#pages.push(page);
    if (this.#pages.length > KEPT_PAGES) this.#pages.shift();
  }
}

/** Waits for an answer of the log, for a while. */
function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return within(PATIENCE, answer, `The log did not answer within ${PATIENCE} ms`);
}
