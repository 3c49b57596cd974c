import type { LogEntry, TailListener } from '../log/log.ts';
import type { LogPosition } from '../log/log-position.ts';
import { holdsAllAfter, type LogState } from './log-state.ts';
import { positionId } from './position.ts';
import { continuingEntries, type StreamEntry } from './replies.ts';

/** The position of a tail in its log. */
export class TailCursor {
  /** Undefined when the tail is closed. */
  #listener: TailListener | undefined;
  /** The position of the last delivered entry; undefined before the start. */
  #position: LogPosition | undefined;
  /** Whether the last delivered entry is in the log. */
  #isTrusted = true;

  constructor(listener: TailListener) {
    this.#listener = listener;
  }

  /** The position of the last delivered entry. Call this after the start. */
  get position(): LogPosition {
    return this.#position!;
  }

  get isTrusted(): boolean {
    return this.#isTrusted;
  }

  /** Stops calling the listener. */
  close(): void {
    this.#listener = undefined;
  }

  /** The last delivered entry may not be in the log. The next `synchronize()` begins anew in any case. */
  distrust(): void {
    this.#isTrusted = false;
  }

  /** Delivers the entries before the first gap, and returns how many these are. */
  deliver(entries: readonly StreamEntry[]): number {
    const { epoch, number } = this.position;
    const count = continuingEntries(entries, epoch, number);
    if (count > 0) {
      this.#position = entries[count - 1]!;
      this.#listener?.onEntries(entries.slice(0, count).map(logEntry));
    }
    return count;
  }

  /** Begins anew unless the log still has all entries after the position. Returns whether it has begun anew. */
  synchronize(state: LogState, hasGap: boolean): boolean {
    const { epoch, base, last } = state;
    const position = this.#position;
    const continues = position?.epoch === epoch && holdsAllAfter(state, position.number);
    if (continues && !hasGap && this.#isTrusted) return false;
    this.#isTrusted = true;
    // Of another epoch, all entries are delivered if possible. After a gap in the same epoch, the tail skips to the end.
    const isNewEpoch = position !== undefined && position.epoch !== epoch;
    this.#position = { epoch, number: isNewEpoch && holdsAllAfter(state, base) ? base : last };
    this.#listener?.onStart(positionId(epoch, this.#position.number));
    return true;
  }
}

function logEntry({ id, topic, event, data }: StreamEntry): LogEntry {
  return { id, topic, event, data };
}
