import type { Log, LogEntry, Tail } from '../../src/hub/log/log.ts';

/** A tail, and all that it has called. */
export interface RecordedTail {
  readonly tail: Tail;
  /** The ids that `onStart()` has received. */
  readonly starts: string[];
  /** The entries that `onEntries()` has received since the latest `onStart()`. */
  readonly entries: LogEntry[];
  readonly errors: Error[];
  /** Resolves when a condition is met, which is checked after each call. */
  until(isMet: () => boolean): Promise<void>;
  /** Resolves after the call number `count` of `onStart()`. */
  untilStarted(count?: number): Promise<void>;
  /** Resolves when it has received an entry with this data. */
  untilData(data: string): Promise<void>;
}

/** Follows a log and records the calls. */
export function recordTail(log: Log): RecordedTail {
  const starts: string[] = [];
  const entries: LogEntry[] = [];
  const errors: Error[] = [];
  const waiting = new Set<() => void>();
  const check = (): void => {
    for (const attempt of waiting) attempt();
  };
  const tail = log.tail({
    onStart(id) {
      starts.push(id);
      entries.length = 0;
      check();
    },
    onEntries(added) {
      entries.push(...added);
      check();
    },
    onError(error) {
      errors.push(error);
      check();
    },
  });
  const until = (isMet: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const attempt = (): void => {
        if (!isMet()) return;
        waiting.delete(attempt);
        resolve();
      };
      waiting.add(attempt);
      attempt();
    });
  return {
    tail,
    starts,
    entries,
    errors,
    until,
    untilStarted: (count = 1) => until(() => starts.length >= count),
    untilData: (data) => until(() => entries.some((entry) => entry.data === data)),
  };
}
