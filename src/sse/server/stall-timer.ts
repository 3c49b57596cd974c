/** The number of checks within the timeout: it is exceeded by at most a quarter. */
const CHECKS_PER_TIMEOUT = 4;

/** Values that show whether the client reads. */
export interface WriteProgress {
  /** A value that changes when the client reads from the response. */
  readonly progress: string;
  /** A value that changes when the client reads from the connection. */
  readonly connectionProgress: string;
  /** How many times longer than the timeout `progress` may stay the same. */
  readonly patience: number;
}

/**
 * Checks now and then whether the client reads.
 *
 * @param timeout in milliseconds
 * @param onCheck called with whether the client has read nothing for that time; returns whether to continue
 */
export function stallTimer(
  writer: WriteProgress,
  timeout: number,
  onCheck: (isStalled: boolean) => boolean,
): NodeJS.Timeout {
  const idleTime = idleClock(() => writer.progress);
  const connectionIdleTime = idleClock(() => writer.connectionProgress);
  const timer = setTimeout(() => {
    const idle = idleTime();
    const connectionIdle = connectionIdleTime();
    if (onCheck(connectionIdle >= timeout || idle >= timeout * writer.patience)) timer.refresh();
  }, timeout / CHECKS_PER_TIMEOUT);
  return timer.unref();
}

/** Returns a function that returns the milliseconds between its last calls that have found a value unchanged. */
function idleClock(read: () => string): () => number {
  let value = read();
  let changedAt = performance.now();
  return () => {
    const now = performance.now();
    const current = read();
    if (current !== value) {
      value = current;
      changedAt = now;
    }
    return now - changedAt;
  };
}
