import { patientTimeout } from '../../shared/patient-timeout.ts';
import type { LogEntry, Tail, TailListener } from '../log.ts';
import { holdsAllAfter, type LogState } from './log-state.ts';
import { type Position, positionId } from './position.ts';
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
export interface TailTimes {
  /** For which the server waits for an entry before it answers that there is none. */
  readonly block: number;
  /** For which an answer may be late. Then the connection is given up. */
  readonly patience: number;
  /** Until the first attempt to connect again. It doubles with each further one, up to `maxDelay`. */
  readonly delay: number;
  readonly maxDelay: number;
}

/** Entries in one reply. */
const MAX_PAGE = 256;

/** Follows a stream on a connection of its own, and takes a new one when it breaks. */
export class RedisTail implements Tail {
  readonly #source: TailSource;
  readonly #listener: TailListener;
  /** Is called once. */
  readonly #onClose: () => void;
  /** What was delivered last; undefined before the start. */
  #position: Position | undefined;
  /** Entries to ask for: fewer after a failure, because a page of long entries may take too long on a slow connection. */
  #page = MAX_PAGE;
  #isClosed = false;
  /** Ends what `run()` waits for. */
  #interrupt: () => void = () => {};

  constructor(source: TailSource, listener: TailListener, onClose: () => void) {
    this.#source = source;
    this.#listener = listener;
    this.#onClose = onClose;
    void this.#run();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#interrupt();
    this.#onClose();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isClosed) {
      let connection: OwnConnection | undefined;
      try {
        connection = this.#source.connect();
        await this.#within(this.#source.times.patience, connection.open());
        await this.#synchronize(connection.send, false);
        failures = 0;
        await this.#follow(connection.send);
      } catch (error) {
        if (!this.#isClosed && failures === 0) this.#listener.onError(error as Error);
        failures++;
        this.#page = Math.max(this.#page >> 2, 1);
      } finally {
        connection?.destroy();
      }
      if (!this.#isClosed) await this.#pause(failures);
    }
  }

  /** Reads until the connection fails. */
  async #follow(send: SendCommand): Promise<never> {
    const { key, times } = this.#source;
    const { block, patience } = times;
    for (;;) {
      const after = `${this.#position!.number}-0`;
      const command = ['XREAD', 'COUNT', String(this.#page), 'BLOCK', String(block), 'STREAMS', key, after];
      const entries = readReplyEntries(await this.#within(block + patience, send(key, command)));
      this.#page = Math.min(this.#page * 2, MAX_PAGE);
      const hasGap = this.#deliver(entries) < entries.length;
      // A stream that was deleted has no entries, either.
      if (hasGap || entries.length === 0) await this.#synchronize(send, hasGap);
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

  /** Begins anew unless the log still holds all that comes after the position. */
  async #synchronize(send: SendCommand, hasGap: boolean): Promise<void> {
    const state = await this.#within(this.#source.times.patience, this.#source.loadState(send));
    const { epoch, base, last } = state;
    const position = this.#position;
    if (position?.epoch === epoch && !hasGap && holdsAllAfter(state, position.number)) return;
    // What another epoch has is delivered as far as possible. After a gap in the same epoch, the log is ahead of the tail.
    const isNewEpoch = position !== undefined && position.epoch !== epoch;
    this.#position = { epoch, number: isNewEpoch && holdsAllAfter(state, base) ? base : last };
    this.#listener.onStart(positionId(epoch, this.#position.number));
  }

  /** Waits for a promise. Rejects if it takes too long, or when the tail is closed. */
  #within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`Redis did not answer within ${milliseconds} milliseconds`));
      const timer = patientTimeout(late, milliseconds);
      this.#interrupt = () => {
        clearTimeout(timer);
        reject(new Error('The tail is closed'));
      };
      promise.then(resolve, reject).finally(() => clearTimeout(timer));
      if (this.#isClosed) this.#interrupt();
    });
  }

  #pause(failures: number): Promise<void> {
    const { delay, maxDelay } = this.#source.times;
    const grown = Math.min(delay * 2 ** Math.min(failures - 1, 30), maxDelay);
    return new Promise((resolve) => {
      // With jitter: many processes lose their connections at the same time.
      const timer = setTimeout(resolve, grown * (0.5 + Math.random() / 2));
      this.#interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function logEntry({ id, topic, event, data }: StreamEntry): LogEntry {
  return { id, topic, event, data };
}
