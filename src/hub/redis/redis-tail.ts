import { retryDelay } from '../../shared/retry-delay.ts';
import type { Tail, TailListener } from '../log/log.ts';
import { type ChannelEnd, ChannelFollower } from './channel-follower.ts';
import { PatientWaits } from './patient-waits.ts';
import type { OwnConnection, SendCommand, Subscribe } from './redis-client.ts';
import { charactersIn, readReplyEntries, type StreamEntry } from './replies.ts';
import { TailCursor } from './tail-cursor.ts';
import { MAX_PAGE, type TailSource } from './tail-source.ts';

/**
 * The minimum number of milliseconds between a reply with entries and the next request: a reply with several entries costs about as much
 * as a reply with one. An entry that comes later is not delayed.
 */
const REST = 3;

/** If fewer entries than this arrive in a second, a channel takes less CPU time than the stream. */
const QUIET_RATE = 200;
/** The rate is measured after each group of this many entries. */
const MEASURED_ENTRIES = 64;

/**
 * The maximum number of entries in the first reply, and in a reply after a pause, because entries may be long. The limit doubles with each
 * reply that has fewer characters of data than MAX_CHARACTERS.
 */
const FIRST_PAGE = 4;
const MAX_CHARACTERS = 1024 * 1024;

/** The tail reads the stream for a while if this many connections in a row fail soon after they have subscribed. */
const MAX_FAILED_CHANNELS = 2;

/** The times below are multiples of `block`, the longest wait for an entry. */

/** If a channel was usable for this long, a later failure has another reason. */
const STABLE_WAITS = 4;
/** The time after which an unusable channel is tried again: 5 minutes. */
const RETRY_WAITS = 150;
/** The factor by which this time grows after each further failure, up to a day. */
const RETRY_FACTOR = 4;
const MAX_RETRY_WAITS = 43_200;

/**
 * Follows a log on a connection of its own, and opens a new one when the connection is lost. It subscribes to the channel of the log.
 * It reads the stream instead if not all entries are announced on the channel, or if entries arrive fast: one reply from the stream then
 * contains several entries, and takes less CPU time than a message for each.
 */
export class RedisTail implements Tail {
  readonly #source: TailSource;
  readonly #listener: TailListener;
  /** Is called once. */
  readonly #onClose: () => void;
  readonly #cursor: TailCursor;
  /** The number of entries to request: fewer if they are long, and after a failure, because the connection may be slow. */
  #page = FIRST_PAGE;
  readonly #waits: PatientWaits;
  /** How many connections in a row have failed before their channel was usable for some time. */
  #failedChannels = 0;
  /** The time from which on a channel may be tried, and the delay after its next failure. */
  #channelFrom = 0;
  #retryWaits = RETRY_WAITS;

  constructor(source: TailSource, listener: TailListener, onClose: () => void) {
    this.#source = source;
    this.#listener = listener;
    this.#onClose = onClose;
    this.#cursor = new TailCursor(listener);
    this.#waits = new PatientWaits(source.times);
    void this.#run();
  }

  close(): void {
    if (this.#waits.isClosed) return;
    this.#waits.close();
    this.#cursor.close();
    this.#onClose();
  }

  async #run(): Promise<void> {
    const { times } = this.#source;
    let failures = 0;
    let isReported = false;
    while (!this.#waits.isClosed) {
      let connection: OwnConnection | undefined;
      let openSince = Number.POSITIVE_INFINITY;
      try {
        connection = this.#source.connect();
        await this.#waits.within(times.patience, connection.open());
        const hasBegun = await this.#synchronize(connection.send, false);
        // The listener must learn that the log answers again.
        if (isReported && !hasBegun && !this.#waits.isClosed) this.#listener.onEntries([]);
        isReported = false;
        openSince = performance.now();
        await this.#follow(connection);
      } catch (error) {
        if (!this.#waits.isClosed && !isReported) this.#listener.onError(error as Error);
        isReported = true;
        // If the server refuses to read the log, each connection fails soon, so the delays must grow.
        if (performance.now() - openSince > retryDelay(failures + 1, times, 1)) failures = 0;
        failures++;
        this.#page = Math.max(this.#page >> 2, 1);
      } finally {
        connection?.destroy();
      }
      await this.#waits.pause(failures);
    }
  }

  /** Follows the log until the connection fails. */
  async #follow({ send, subscribe }: OwnConnection): Promise<never> {
    if (subscribe === undefined) this.#channelFrom = Number.POSITIVE_INFINITY;
    for (;;) {
      while (this.#mayUseChannel() && (await this.#followChannel(subscribe!)) === 'new epoch');
      if (!this.#cursor.isTrusted) await this.#synchronize(send, false);
      this.#page = Math.min(this.#page, FIRST_PAGE);
      await this.#readStream(send);
    }
  }

  async #followChannel(subscribe: Subscribe): Promise<ChannelEnd> {
    const follower = new ChannelFollower(this.#source, this.#cursor, this.#waits);
    let end: ChannelEnd | undefined;
    try {
      end = await follower.follow(subscribe);
      return end;
    } finally {
      this.#judgeChannel(follower, end);
    }
  }

  /** `end`: undefined if the connection has failed. */
  #judgeChannel({ usableSince = Number.POSITIVE_INFINITY }: ChannelFollower, end: ChannelEnd | undefined): void {
    const { block } = this.#source.times;
    const now = performance.now();
    if (now - usableSince > STABLE_WAITS * block) {
      this.#failedChannels = 0;
      this.#retryWaits = RETRY_WAITS;
    }
    if (end === undefined) this.#failedChannels++;
    // A proxy may close each connection that subscribes.
    const isGivenUp = end === 'unusable' || (end === undefined && this.#failedChannels >= MAX_FAILED_CHANNELS);
    if (!isGivenUp) return;
    this.#channelFrom = now + this.#retryWaits * block;
    this.#retryWaits = Math.min(this.#retryWaits * RETRY_FACTOR, MAX_RETRY_WAITS);
  }

  #mayUseChannel(): boolean {
    return performance.now() >= this.#channelFrom;
  }

  /** Reads until the connection fails, or until entries are few and a channel may be tried. */
  async #readStream(send: SendCommand): Promise<void> {
    const { key, times } = this.#source;
    const { block, patience } = times;
    let count = 0;
    let since = performance.now();
    for (;;) {
      const after = `${this.#cursor.position.number}-0`;
      const page = this.#page;
      const command = ['XREAD', 'COUNT', String(page), 'BLOCK', String(block), 'STREAMS', key, after];
      const askedAt = performance.now();
      const entries = readReplyEntries(await this.#waits.within(block + patience, send(key, command)));
      this.#page = nextPage(page, entries);
      const hasGap = this.#cursor.deliver(entries) < entries.length;
      const now = performance.now();
      // A stream that was deleted has no entries, either.
      if (hasGap || entries.length === 0) await this.#synchronize(send, hasGap);
      else if (entries.length < page && now - askedAt < REST) await this.#waits.rest(REST);
      count += entries.length;
      if (entries.length > 0 && count < MEASURED_ENTRIES) continue;
      const isQuiet = entries.length === 0 || now - since > (1000 * count) / QUIET_RATE;
      if (isQuiet && this.#mayUseChannel()) return;
      count = 0;
      since = now;
    }
  }

  async #synchronize(send: SendCommand, hasGap: boolean): Promise<boolean> {
    const state = await this.#waits.within(this.#source.times.patience, this.#source.loadState(send));
    return this.#cursor.synchronize(state, hasGap);
  }
}

function nextPage(page: number, entries: readonly StreamEntry[]): number {
  if (entries.length === 0) return Math.min(page * 2, FIRST_PAGE);
  const average = charactersIn(entries) / entries.length;
  const limit = Math.min(page * 2, MAX_PAGE);
  return average * limit > MAX_CHARACTERS ? Math.max(Math.floor(MAX_CHARACTERS / average), 1) : limit;
}
