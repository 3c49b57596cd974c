import { type ChannelMessage, channelOf, readChannelMessage } from './channel-message.ts';
import type { LogState } from './log-state.ts';
import { type PatientWaits, unanswered } from './patient-waits.ts';
import type { ChannelListener, Subscribe } from './redis-client.ts';
import { isErrorReply } from './redis-errors.ts';
import { charactersIn, readReplyEntries } from './replies.ts';
import type { TailCursor } from './tail-cursor.ts';
import { MAX_PAGE, type TailSource } from './tail-source.ts';

/**
 * Why a tail stops following a channel:
 *
 * - `busy`: messages follow each other so fast that it costs less to read several entries at a time from the stream. Or there are long
 *   entries to read, which must not delay the commands of the log.
 * - `new epoch`: the log has begun anew, and uses another channel.
 * - `unusable`: the server does not send messages, or not for all entries.
 */
export type ChannelEnd = 'busy' | 'new epoch' | 'unusable';

/** The tail reads the stream instead if there are more messages, and entries that are not in messages, than this in a second. */
const BUSY_RATE = 400;
/** The rate is measured each time that this many messages have arrived. */
const MEASURED_MESSAGES = 64;

/** A reply with at least this many characters of data is long: other commands wait behind it. */
const LONG_REPLY = 64 * 1024;
/** The factor by which the number of requested entries grows after a reply that was not long. */
const PAGE_FACTOR = 16;

/**
 * Follows a log by the messages in which the scripts announce new entries. A message costs less than a command and its reply.
 *
 * A message is delivered if it follows the last entry that was delivered. Long entries are not in messages, but are read from the
 * stream. After some time without a message, the log announces its state, and this message must arrive. If a message does not follow
 * the previous one, entries were not announced, or another program sends messages. Then this follower ends.
 */
export class ChannelFollower implements ChannelListener {
  readonly #source: TailSource;
  readonly #cursor: TailCursor;
  readonly #waits: PatientWaits;
  /** The epoch whose channel is followed. */
  readonly #epoch: string;
  /** Whether all announced entries have been delivered, so that the next message can be delivered. */
  #isLive = false;
  /** The number of the last entry that was announced. */
  #announced = 0;
  /** The number of the last entry of the latest message; undefined before the first message. */
  #heard: number | undefined;
  /** The number of messages that have arrived. */
  #messages = 0;
  /** Whether the next message ends the pause. */
  #isExpecting = false;
  /** When the rate of messages was last measured. */
  #measuredAt: number = performance.now();
  /** Entries that were read from the stream since then. */
  #entriesRead = 0;
  #end: ChannelEnd | undefined;
  /** The time since which the channel is usable; undefined if it is not. */
  usableSince: number | undefined;
  #failure: unknown;
  /** Ends the pause. */
  #wake: () => void = () => {};

  constructor(source: TailSource, cursor: TailCursor, waits: PatientWaits) {
    this.#source = source;
    this.#cursor = cursor;
    this.#waits = waits;
    this.#epoch = cursor.position.epoch;
  }

  /** Resolves when the follower ends. Rejects if the server does not answer. Is called once. */
  async follow(subscribe: Subscribe): Promise<ChannelEnd> {
    try {
      return await this.#follow(subscribe);
    } finally {
      // A connection may pass messages on for some time after it was closed.
      this.#stop('unusable');
    }
  }

  onMessage(text: string): void {
    try {
      const message = readChannelMessage(text, this.#epoch);
      if (message === undefined) return;
      this.#messages++;
      this.#receive(message);
      if (this.#messages % MEASURED_MESSAGES === 0) this.#measure();
    } catch (error) {
      this.onFailure(error);
    }
    if (this.#isExpecting) this.#wake();
  }

  onFailure(error: unknown): void {
    this.#failure ??= error ?? new Error('Redis has closed the connection');
    this.#wake();
  }

  async #follow(subscribe: Subscribe): Promise<ChannelEnd> {
    let unsubscribe: (() => Promise<unknown>) | undefined;
    try {
      unsubscribe = await this.#within(subscribe(channelOf(this.#epoch), this));
    } catch (error) {
      // The user may have no right to the channel.
      if (isErrorReply(error)) return 'unusable';
      throw error;
    }
    if (unsubscribe === undefined) return 'unusable';
    await this.#check(false);
    if (this.#end === undefined) this.usableSince = performance.now();
    while (this.#end === undefined) {
      if (!this.#isLive) await this.#catchUp();
      else if (!(await this.#hearsWithin(this.#source.times.block / 2))) await this.#check(true);
    }
    await this.#within(unsubscribe());
    return this.#end;
  }

  #receive(message: ChannelMessage | null): void {
    if (message === null) {
      // There is nothing more to read. The log continues where the state says.
      this.#announced = Number.POSITIVE_INFINITY;
      return this.#stop();
    }
    const { before, last, entries } = message;
    const heard = this.#heard ?? before;
    this.#heard = last;
    this.#announced = Math.max(this.#announced, last);
    if (before !== heard) {
      // Entries were announced twice: one of the messages is not of a script, and may have been delivered before.
      if (this.#end !== 'unusable' && before < heard && before < last) this.#cursor.distrust();
      return this.#stop('unusable');
    }
    if (!this.#isLive) return;
    const { number } = this.#cursor.position;
    if (last > number) {
      if (before !== number || entries === null) return this.#stop();
      this.#cursor.deliver(entries);
    }
  }

  #measure(): void {
    const now = performance.now();
    if (now - this.#measuredAt < (1000 * (MEASURED_MESSAGES + this.#entriesRead)) / BUSY_RATE) this.#stop('busy');
    this.#measuredAt = now;
    this.#entriesRead = 0;
  }

  /** Stops delivering messages, for now or until the end. */
  #stop(end?: ChannelEnd): void {
    this.#isLive = false;
    this.#end ??= end;
    this.#wake();
  }

  /** Requests the state of the log, which must also arrive as a message. */
  async #check(wasHeard: boolean): Promise<void> {
    const before = this.#messages;
    const { position } = this.#cursor;
    let state: LogState | null;
    try {
      state = await this.#answered(this.#source.announceState());
    } catch (error) {
      if (wasHeard && this.#messages > before) return;
      throw error;
    }
    if (state === null) return this.#stop('unusable');
    // Otherwise the state may be of an earlier moment.
    if (this.#cursor.position === position) this.#synchronize(state, false);
    this.#isLive = false;
    await this.#catchUp();
    this.#isExpecting = true;
    const isHeard = this.#messages > before || (await this.#hearsWithin(this.#source.times.patience));
    this.#isExpecting = false;
    if (isHeard || this.#end !== undefined) return;
    if (wasHeard) throw unanswered(this.#source.times.patience);
    this.#stop('unusable');
  }

  /** Reads the announced entries that were not delivered. Meanwhile, messages must not be delivered. */
  async #catchUp(): Promise<void> {
    const { key, commands, loadState } = this.#source;
    let isMissing = false;
    // Perhaps the next entries are long.
    let page = 1;
    while (this.#end === undefined && this.#cursor.position.number < this.#announced) {
      const command = ['XREAD', 'COUNT', String(page), 'STREAMS', key, `${this.#cursor.position.number}-0`];
      const entries = readReplyEntries(await this.#answered(commands(key, command)));
      this.#entriesRead += entries.length;
      const isEmpty = entries.length === 0;
      const hasGap = this.#cursor.deliver(entries) < entries.length || (isEmpty && isMissing);
      isMissing = false;
      if (!hasGap && !isEmpty) {
        if (charactersIn(entries) > LONG_REPLY && this.#cursor.position.number < this.#announced)
          return this.#stop('busy');
        page = Math.min(page * PAGE_FACTOR, MAX_PAGE);
        continue;
      }
      this.#announced = 0;
      const state = await this.#answered(loadState(commands));
      this.#synchronize(state, hasGap);
      // If the next reply is empty, too, it cannot be read.
      isMissing = this.#cursor.position.number < state.last;
    }
    this.#isLive = this.#end === undefined;
  }

  #synchronize(state: LogState, hasGap: boolean): void {
    this.#cursor.synchronize(state, hasGap);
    if (this.#cursor.position.epoch !== this.#epoch) this.#stop('new epoch');
    this.#announced = Math.max(this.#announced, state.last);
  }

  /** Waits until the time has passed or `#wake()` is called. Resolves to whether a message has arrived. */
  async #hearsWithin(milliseconds: number): Promise<boolean> {
    const before = this.#messages;
    if (this.#failure === undefined && this.#end === undefined) {
      await this.#waits.rest(milliseconds, (end) => {
        this.#wake = end;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#messages > before;
  }

  /** Waits for an answer on the command connection, as long as that connection does, so that it is replaced first. */
  #answered<T>(promise: Promise<T>): Promise<T> {
    const { block, patience } = this.#source.times;
    return this.#waits.within(block + patience, promise);
  }

  #within<T>(promise: Promise<T>): Promise<T> {
    return this.#waits.within(this.#source.times.patience, promise);
  }
}
