import type { RetryTimes } from '../../shared/retry-delay.ts';
import type { LogEntry, Tail, TailListener } from '../log/log.ts';
import type { LogPosition } from '../log/log-position.ts';
import { holdsAllAfter, type LogState } from './log-state.ts';
import { PatientWaits } from './patient-waits.ts';
import { positionId } from './position.ts';
import type { OwnConnection, SendCommand } from './redis-client.ts';
import { continuingEntries, readReplyEntries, type StreamEntry } from './replies.ts';

/** What a tail needs of its log. */
export interface TailSource {
  /** The name of the stream. */
  readonly key: string;
  connect(): OwnConnection;
  loadState(send: SendCommand): Promise<LogState>;
  readonly times: TailTimes;
}

/** Milliseconds. */
export interface TailTimes extends RetryTimes {
  /** For which the server waits for an entry before it answers that there is none. */
  readonly block: number;
  /** For which an answer may be late. After that, the connection is closed and replaced. */
  readonly patience: number;
}

/**
 * Milliseconds between a reply with entries and the next request, while entries follow each other faster than that: one reply with several
 * entries costs about as much as one with one. An entry that comes after a while is not delayed.
 */
const REST = 3;

/** Entries in one reply. */
const MAX_PAGE = 256;

/** Follows a stream on a connection of its own, and takes a new one when it breaks. */
export class RedisTail implements Tail {
  readonly #source: TailSource;
  readonly #listener: TailListener;
  /** Is called once. */
  readonly #onClose: () => void;
  /** What was delivered last; undefined before the start. */
  #position: LogPosition | undefined;
  /** Entries to ask for: fewer after a failure, because a page of long entries may take too long on a slow connection. */
  #page = MAX_PAGE;
  readonly #waits: PatientWaits;

  constructor(source: TailSource, listener: TailListener, onClose: () => void) {
    this.#source = source;
    this.#listener = listener;
    this.#onClose = onClose;
    this.#waits = new PatientWaits(source.times);
    void this.#run();
  }

  close(): void {
    if (this.#waits.isClosed) return;
    this.#waits.close();
    this.#onClose();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#waits.isClosed) {
      let connection: OwnConnection | undefined;
      try {
        connection = this.#source.connect();
        await this.#waits.within(this.#source.times.patience, connection.open());
        const hasBegun = await this.#synchronize(connection.send, false);
        // The listener must learn that the log answers again.
        if (failures > 0 && !hasBegun) this.#listener.onEntries([]);
        failures = 0;
        await this.#follow(connection.send);
      } catch (error) {
        if (!this.#waits.isClosed && failures === 0) this.#listener.onError(error as Error);
        failures++;
        this.#page = Math.max(this.#page >> 2, 1);
      } finally {
        connection?.destroy();
      }
      await this.#waits.pause(failures);
    }
  }

  /** Reads until the connection fails. */
  async #follow(send: SendCommand): Promise<never> {
    const { key, times } = this.#source;
    const { block, patience } = times;
    for (;;) {
      const after = `${this.#position!.number}-0`;
      const command = ['XREAD', 'COUNT', String(this.#page), 'BLOCK', String(block), 'STREAMS', key, after];
      const askedAt = performance.now();
      const entries = readReplyEntries(await this.#waits.within(block + patience, send(key, command)));
      this.#page = Math.min(this.#page * 2, MAX_PAGE);
      const hasGap = this.#deliver(entries) < entries.length;
      // A stream that was deleted has no entries, either.
      if (hasGap || entries.length === 0) await this.#synchronize(send, hasGap);
      else if (entries.length < this.#page && performance.now() - askedAt < REST) await this.#waits.rest(REST);
    }
  }

  /** Delivers the entries before the first gap, and returns how many these are. */
  #deliver(entries: readonly StreamEntry[]): number {
    const { epoch, number } = this.#position!;
    const count = continuingEntries(entries, epoch, number);
    if (count > 0) {
      this.#position = entries[count - 1]!;
      this.#listener.onEntries(entries.slice(0, count).map(logEntry));
    }
    return count;
  }

  /** Begins anew unless the log still holds all that comes after the position. Resolves to whether it has. */
  async #synchronize(send: SendCommand, hasGap: boolean): Promise<boolean> {
    const state = await this.#waits.within(this.#source.times.patience, this.#source.loadState(send));
    const { epoch, base, last } = state;
    const position = this.#position;
    if (position?.epoch === epoch && !hasGap && holdsAllAfter(state, position.number)) return false;
    // What another epoch has is delivered as far as possible. After a gap in the same epoch, the log is ahead of the tail.
    const isNewEpoch = position !== undefined && position.epoch !== epoch;
    this.#position = { epoch, number: isNewEpoch && holdsAllAfter(state, base) ? base : last };
    this.#listener.onStart(positionId(epoch, this.#position.number));
    return true;
  }
}

function logEntry({ id, topic, event, data }: StreamEntry): LogEntry {
  return { id, topic, event, data };
}
