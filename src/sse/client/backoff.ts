/** How the time between two attempts grows. */
export interface Backoff {
  /** Milliseconds, at the most. */
  readonly maxDelay: number;
  /** What share of the delay is left to chance: 0.25 for up to a quarter more. It keeps clients from coming all at once. */
  readonly jitter: number;
}

/**
 * Milliseconds to wait before a connection is opened again, WHATWG HTML §9.2.3: the reconnection time, and "if the
 * previous attempt failed, [...] an exponential backoff delay".
 *
 * @param attempt          1 after a connection was lost, and one more for each attempt that failed since
 * @param reconnectionTime what the server has asked for, in milliseconds; more than `maxDelay` if it says so
 * @param random           from 0 to 1
 */
export function reconnectionDelay(attempt: number, reconnectionTime: number, backoff: Backoff, random: number): number {
  const { maxDelay, jitter } = backoff;
  // A reconnection time of 0 would not grow.
  const grown = Math.max(reconnectionTime, attempt > 1 ? 100 : 0) * 2 ** Math.min(attempt - 1, 30);
  const delay = Math.max(reconnectionTime, Math.min(grown, maxDelay));
  return Math.min(delay * (1 + jitter * random), 0x7fff_ffff);
}
