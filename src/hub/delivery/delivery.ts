import { CompactingQueue } from '../../shared/compacting-queue.ts';
import type { HistoryLimits } from '../../shared/history.ts';
import { EncodedEvent } from '../events/encoded-event.ts';
import { TopicIndex } from '../events/topic-index.ts';
import type { HookErrors } from '../hook-errors.ts';
import type { Log, LogEntry, TailListener } from '../log/log.ts';
import type { LogReports } from '../log/log-reports.ts';
import type { Page } from './page.ts';
import { RecentEvents } from './recent-events.ts';
import { Replay, type ReplayListener } from './replay.ts';
import { MAX_PAGE_LENGTH, type Subscriber } from './subscriber.ts';

/** Events that are sent to one subscriber before the next one has its turn. */
const EVENTS_PER_STEP = 64;

/** The minimum number of older events to read for a subscriber that accepts few at a time. */
const MIN_APPETITE = 16;

/** Milliseconds for which subscribers that are behind may occupy one turn of the event loop. */
const RUN_MILLISECONDS = 5;

/** After this fraction of the option `age`, a subscriber receives the id of an event that it may not see. */
const ID_INTERVAL = 1 / 4;

/**
 * Delivers the events of a log. A subscriber that has received all events is live: it receives each new event at once. Any other
 * subscriber continues from the recent events, or from pages of the log, as fast as its connection accepts data.
 */
export class Delivery<Data> implements TailListener, ReplayListener<Data> {
  readonly #log: Log;
  readonly #limits: HistoryLimits;
  readonly #reports: LogReports;
  readonly #hookErrors: HookErrors;
  readonly #index = new TopicIndex<Subscriber<Data>>();
  readonly #subscribers = new Set<Subscriber<Data>>();
  readonly #replay: Replay<Data>;
  /** Null until the tail of the log has begun. */
  #recent: RecentEvents<Data> | null = null;
  /** The subscribers that can continue. */
  readonly #ready = new CompactingQueue<Subscriber<Data>>();
  #isRunScheduled = false;
  /** The time at which `#run()` must let the event loop continue. */
  #runEnd = 0;
  /** The end of the recent events when ids were last sent. */
  #idsSentAt = 0;
  #idTimer: NodeJS.Timeout | undefined;
  /** The position of the latest event that no hub has published. */
  #foreign = -1;
  /** Resolves `started`. */
  #onStarted: () => void = () => {};
  /** Resolves when the tail of the log has begun. */
  readonly started: Promise<void> = new Promise((resolve) => {
    this.#onStarted = resolve;
  });
  /** The number of events sent, counted for each subscriber. */
  delivered = 0;
  /** The number of resets sent. */
  resets = 0;

  constructor(log: Log, limits: HistoryLimits, reports: LogReports, hookErrors: HookErrors) {
    this.#log = log;
    this.#limits = limits;
    this.#reports = reports;
    this.#hookErrors = hookErrors;
    this.#replay = new Replay(log, this);
  }

  get index(): TopicIndex<Subscriber<Data>> {
    return this.#index;
  }

  get recent(): RecentEvents<Data> | null {
    return this.#recent;
  }

  get pagesRead(): number {
    return this.#replay.pagesRead;
  }

  /** The number of subscribers that are not live. */
  get behind(): number {
    let count = 0;
    for (const { isLive } of this.#subscribers) if (!isLive) count++;
    return count;
  }

  /** Adds a subscriber. Call `addFilter()` with its first topic filters before. */
  add(subscriber: Subscriber<Data>): void {
    this.#subscribers.add(subscriber);
    const recent = this.#recent;
    if (recent === null) return;
    if (subscriber.after === '') subscriber.after = recent.lastId;
    if (recent.positionAfter(subscriber.after) === recent.end) this.#goLive(subscriber, recent);
    else this.#continue(subscriber);
  }

  addFilter(subscriber: Subscriber<Data>, filter: string): void {
    subscriber.filters.add(filter);
    this.#index.add(filter, subscriber);
  }

  removeFilter(subscriber: Subscriber<Data>, filter: string): boolean {
    if (!subscriber.filters.delete(filter)) return false;
    this.#index.delete(filter, subscriber);
    return true;
  }

  remove(subscriber: Subscriber<Data>): void {
    if (!this.#subscribers.delete(subscriber)) return;
    for (const filter of subscriber.filters) this.#index.delete(filter, subscriber);
    this.#leavePage(subscriber);
    this.#replay.cancel(subscriber);
  }

  /** The id of the last event that was handled for a subscriber; an empty string before the tail of the log has begun. */
  positionOf({ isLive, ahead, after }: Subscriber<Data>): string {
    return isLive ? (ahead ?? this.#recent!.lastId) : after;
  }

  /** The connection of a subscriber accepts more data. */
  drained(subscriber: Subscriber<Data>): void {
    if (!subscriber.isBlocked) return;
    subscriber.isBlocked = false;
    this.#continue(subscriber);
  }

  close(): void {
    clearTimeout(this.#idTimer);
    this.#replay.close();
    this.#ready.clear();
    this.#recent = null;
  }

  onStart(latestId: string): void {
    const lastId = this.#recent?.lastId;
    this.#recent = new RecentEvents(this.#limits, latestId);
    this.#onStarted();
    this.#idsSentAt = 0;
    this.#replay.clear();
    for (const subscriber of this.#subscribers) {
      // Whether they can continue, the log decides.
      if (subscriber.isLive) subscriber.after = subscriber.ahead ?? lastId!;
      else if (subscriber.after === '') subscriber.after = latestId;
      subscriber.isLive = false;
      subscriber.ahead = null;
      subscriber.considered = -1;
      subscriber.sentPosition = -1;
      this.#leavePage(subscriber);
      this.#continue(subscriber);
    }
    this.#reports.answered('tail');
  }

  onEntries(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const recent = this.#recent;
      if (recent === null) return;
      const event = new EncodedEvent<Data>(entry);
      recent.append(event);
      if (this.#isValid(event)) this.#index.forEach(event.filters, (subscriber) => this.#deliver(subscriber, event));
    }
    this.#moveOn();
    this.#reports.answered('tail');
  }

  onError(error: Error): void {
    this.#reports.failed('tail', error);
  }

  onReadError(error: Error): void {
    this.#reports.failed('replay', error);
  }

  onRead(): void {
    this.#reports.answered('replay');
  }

  onPage(subscriber: Subscriber<Data>, page: Page<Data>, index: number): void {
    subscriber.page = page;
    subscriber.index = index;
    subscriber.pageStart = index;
    this.#continue(subscriber);
  }

  onEndOfLog(subscriber: Subscriber<Data>): void {
    const recent = this.#recent!;
    if (this.#log.compare(subscriber.after, recent.lastId) > 0) {
      // Another process has received this event earlier than this one.
      subscriber.ahead = subscriber.after;
      subscriber.hasId = true;
      subscriber.sentPosition = recent.end;
      subscriber.isLive = true;
    } else {
      this.#continue(subscriber);
    }
  }

  onLost(subscriber: Subscriber<Data>, oldestId: string | null): void {
    const { after: lastEventId, recipient } = subscriber;
    const recent = this.#recent!;
    this.resets++;
    subscriber.after = recent.lastId;
    this.#sent(subscriber, recent.end - 1, recipient.sendReset({ lastEventId, oldestId }, recent.lastId));
    this.#continue(subscriber);
  }

  #deliver(subscriber: Subscriber<Data>, event: EncodedEvent<Data>): void {
    if (!subscriber.isLive || subscriber.considered >= event.position) return;
    subscriber.considered = event.position;
    if (subscriber.ahead !== null) {
      if (this.#log.compare(event.id, subscriber.ahead) <= 0) return;
      subscriber.ahead = null;
    }
    if (!this.#isVisible(subscriber, event) || this.#send(subscriber, event)) return;
    subscriber.isLive = false;
    subscriber.after = event.id;
  }

  /** Queues a subscriber that can continue. */
  #continue(subscriber: Subscriber<Data>): void {
    if (subscriber.isWaiting || subscriber.isBlocked || this.#recent === null) return;
    subscriber.isWaiting = true;
    this.#ready.push(subscriber);
    if (this.#isRunScheduled) return;
    this.#isRunScheduled = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#isRunScheduled = false;
    this.#runEnd = performance.now() + RUN_MILLISECONDS;
    for (let subscriber = this.#ready.shift(); subscriber !== undefined; subscriber = this.#ready.shift()) {
      subscriber.isWaiting = false;
      if (this.#subscribers.has(subscriber) && !subscriber.isBlocked) this.#step(subscriber);
      if (performance.now() >= this.#runEnd) break;
    }
    if (this.#ready.length === 0 || this.#isRunScheduled) return;
    this.#isRunScheduled = true;
    setImmediate(() => this.#run());
  }

  #step(subscriber: Subscriber<Data>): void {
    if (subscriber.page !== null) return this.#sendPage(subscriber, subscriber.page);
    const recent = this.#recent!;
    const position = recent.positionAfter(subscriber.after);
    if (position !== undefined) return this.#sendRecent(subscriber, recent, position);
    this.#replay.request(subscriber);
  }

  #sendRecent(subscriber: Subscriber<Data>, recent: RecentEvents<Data>, start: number): void {
    let position = start;
    for (let count = 0; count < EVENTS_PER_STEP; count++) {
      const event = recent.next(position, subscriber.filters);
      if (event === undefined) return this.#goLive(subscriber, recent);
      position = event.position + 1;
      subscriber.after = event.id;
      if (this.#isValid(event) && this.#isVisible(subscriber, event) && !this.#send(subscriber, event)) return;
      // A function of the application may have removed the subscriber. Or the log has begun anew.
      if (!this.#subscribers.has(subscriber) || this.#recent !== recent) return;
      if (performance.now() >= this.#runEnd) break;
    }
    this.#continue(subscriber);
  }

  #sendPage(subscriber: Subscriber<Data>, page: Page<Data>): void {
    const { events } = page;
    const end = Math.min(subscriber.index + EVENTS_PER_STEP, events.length);
    while (subscriber.index < end) {
      const event = events[subscriber.index++]!;
      subscriber.after = event.id;
      if (!subscriber.accepts(event) || !this.#isValid(event)) continue;
      if (!this.#isVisible(subscriber, event)) continue;
      if (!this.#send(subscriber, event)) {
        // The next page for this subscriber has about as many events as its connection accepts.
        subscriber.appetite = Math.min(
          Math.max(2 * (subscriber.index - subscriber.pageStart), MIN_APPETITE),
          MAX_PAGE_LENGTH,
        );
        return this.#leavePage(subscriber);
      }
      if (!this.#subscribers.has(subscriber) || subscriber.page !== page) return;
      if (performance.now() >= this.#runEnd) break;
    }
    if (subscriber.index === events.length) {
      subscriber.appetite = Math.min(2 * subscriber.appetite, MAX_PAGE_LENGTH);
      this.#leavePage(subscriber);
    }
    this.#continue(subscriber);
  }

  /** A subscriber that is slow does not keep its page in memory. */
  #leavePage(subscriber: Subscriber<Data>): void {
    const { page } = subscriber;
    subscriber.page = null;
    page?.release();
  }

  #goLive(subscriber: Subscriber<Data>, recent: RecentEvents<Data>): void {
    subscriber.after = recent.lastId;
    // An id without data: a client that loses the connection before the next event can then ask for that event.
    const needsId = !subscriber.hasId || isOld(subscriber, recent);
    if (needsId && !this.#sendId(subscriber, recent)) return;
    subscriber.considered = recent.end - 1;
    subscriber.isLive = true;
  }

  /**
   * Sends ids to subscribers that do not see the latest events. A client that reconnects with an old id needs all events after this
   * id. So it receives a newer id before these events become too many or too old for the recent events.
   */
  #moveOn(): void {
    const recent = this.#recent;
    if (recent === null) return;
    this.#idTimer ??= setTimeout(() => {
      this.#idTimer = undefined;
      this.#sendIds(({ sentPosition }, { end }) => sentPosition < end - 1);
    }, this.#limits.age * ID_INTERVAL).unref();
    if (recent.start > 0 && recent.end - this.#idsSentAt > recent.length / 2) this.#sendIds(isOld);
  }

  #sendIds(isNeeded: (subscriber: Subscriber<Data>, recent: RecentEvents<Data>) => boolean): void {
    const recent = this.#recent;
    if (recent === null) return;
    this.#idsSentAt = recent.end;
    for (const subscriber of this.#subscribers) {
      if (!subscriber.isLive || subscriber.ahead !== null || !isNeeded(subscriber, recent)) continue;
      if (this.#sendId(subscriber, recent)) continue;
      subscriber.isLive = false;
      subscriber.after = recent.lastId;
    }
  }

  #sendId(subscriber: Subscriber<Data>, recent: RecentEvents<Data>): boolean {
    return this.#sent(subscriber, recent.end - 1, subscriber.recipient.sendId(recent.lastId));
  }

  /** Whether a subscriber may see an event. The function `filter` decides. It may also end the subscription. */
  #isVisible(subscriber: Subscriber<Data>, event: EncodedEvent<Data>): boolean {
    if (subscriber.filter === undefined) return true;
    return subscriber.isVisible(event, subscriber.filter, this.#hookErrors) && this.#subscribers.has(subscriber);
  }

  /** Whether a hub has published an event. If not, this reports an error, and no subscriber sees the event. */
  #isValid(event: EncodedEvent<Data>): boolean {
    if (event.isValid) return true;
    if (event.position !== this.#foreign)
      this.#reports.error(new Error(`Log entry ${event.id} was not published by a hub`));
    this.#foreign = event.position;
    return false;
  }

  #send(subscriber: Subscriber<Data>, event: EncodedEvent<Data>): boolean {
    const isWritable = subscriber.recipient.send(event, this.#hookErrors);
    if (isWritable === null) return true;
    this.delivered++;
    return this.#sent(subscriber, event.position, isWritable);
  }

  #sent(subscriber: Subscriber<Data>, position: number, isWritable: boolean): boolean {
    subscriber.hasId = true;
    subscriber.sentPosition = position;
    if (!isWritable) subscriber.isBlocked = true;
    return isWritable;
  }
}

/** Whether the last id sent to a subscriber belongs to the older half of the recent events, or is older. */
function isOld<Data>({ sentPosition }: Subscriber<Data>, { start, length }: RecentEvents<Data>): boolean {
  return sentPosition < start + length / 2 - 1;
}
