import { type RetryTimes, retryDelay } from '../../shared/retry-delay.ts';
import { within } from '../../shared/within.ts';
import { EncodedEvent } from '../events/encoded-event.ts';
import type { Log } from '../log/log.ts';
import { Page } from './page.ts';
import { MAX_PAGE_LENGTH, type Subscriber } from './subscriber.ts';

/** The approximate number of bytes of text in a page. */
const PAGE_BYTES = 1024 * 1024;

/** The maximum number of pages that are kept for clients that reconnect a little later. */
const KEPT_PAGES = 4;

/** The delay before a failed read is repeated. */
const RETRY: RetryTimes = { delay: 100, maxDelay: 5000 };

/** Milliseconds after which a read without an answer counts as failed, so that it does not block all other reads. */
const PATIENCE = 15_000;

/** Receives the result of a read for each subscriber that waits. */
export interface ReplayListener<Data> {
  /** The subscriber continues with this event of a page. */
  onPage(subscriber: Subscriber<Data>, page: Page<Data>, index: number): void;
  /** The log has no later event yet. */
  onEndOfLog(subscriber: Subscriber<Data>): void;
  /** The log does not have all events after the position of the subscriber. */
  onLost(subscriber: Subscriber<Data>, oldestId: string | null): void;
  /** A read failed. It is repeated later. */
  onReadError(error: Error): void;
  /** After `onReadError()`: a read has succeeded, or no subscriber waits any more. */
  onRead(): void;
}

/**
 * Reads older events for subscribers whose next event is not among the recent events. One read serves all subscribers that need the
 * same page, such as a thousand clients that reconnect at once. The next page is read when this one has been sent, so that memory
 * does not grow with the number of clients.
 */
export class Replay<Data> {
  readonly #log: Log;
  readonly #listener: ReplayListener<Data>;
  #waiting = new Set<Subscriber<Data>>();
  #pages: Page<Data>[] = [];
  #isRunning = false;
  /** Counts how often the log began anew. Pages of an earlier generation are discarded. */
  #generation = 0;
  /** The maximum number of entries in a read: fewer after a failure, because the log may be slow. */
  #maxLength = MAX_PAGE_LENGTH;
  /** Whether the id of the latest read was unknown to the log. */
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

  /** The log has begun anew: removes all pages and all waiting subscribers. */
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
    // The first read is for all clients that reconnect in this turn of the event loop.
    await new Promise(setImmediate);
    while (this.#waiting.size > 0) {
      try {
        await this.#readNext();
        if (failures > 0) this.#listener.onRead();
        failures = 0;
        this.#maxLength = Math.min(2 * this.#maxLength, MAX_PAGE_LENGTH);
        // The event loop continues between two reads, even if the log answers at once.
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
   * Returns the subscriber that has waited longest: three times out of four, of those that accept many events at once. A read for a
   * slow subscriber sends few events, and fast subscribers must not wait behind all slow ones.
   */
  #nextOne(): Subscriber<Data> {
    const [longest] = this.#waiting;
    if (this.#turn++ % 4 === 3) return longest!;
    for (const subscriber of this.#waiting) if (subscriber.appetite === MAX_PAGE_LENGTH) return subscriber;
    return longest!;
  }

  /**
   * Reads a page for one subscriber, and gives it to all subscribers whose positions are in it. The page begins at the oldest
   * position that is at most a page earlier, so that clients that reconnect together share it.
   */
  async #readNext(): Promise<void> {
    const generation = this.#generation;
    const log = this.#log;
    const first = this.#nextOne();
    let after = first!.after;
    let distance = 0;
    let length = 0;
    for (const subscriber of this.#waiting) {
      // Clients can make up ids. After an unknown id, the next read is for one subscriber alone.
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
      // Other subscribers whose positions are outside of the log need no read.
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
      // The log is shorter than before, and its tail has not reported this yet.
      if (atEnd.some(({ endOfLog }) => endOfLog === after)) await this.#pause(RETRY.delay);
      if (generation !== this.#generation) return;
      for (const subscriber of atEnd) {
        subscriber.endOfLog = after;
        // The subscription may have ended meanwhile.
        if (this.#waiting.has(subscriber)) this.#settle(subscriber, () => this.#listener.onEndOfLog(subscriber));
      }
      return;
    }
    this.#keep(page);
    const lost = new Set<Subscriber<Data>>();
    for (const subscriber of this.#waiting) {
      if (page.indexAfter(subscriber.after) !== undefined) this.#give(subscriber, page);
      else if (log.compare(subscriber.after, page.after) > 0 && log.compare(subscriber.after, last.id) < 0) {
        // The page should contain this id, but does not. A subscriber that came during the read with an older id keeps waiting.
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

/** Waits for an answer of the log, for at most `PATIENCE`. */
function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return within(PATIENCE, answer, `The log did not answer within ${PATIENCE} ms`);
}
