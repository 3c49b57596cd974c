import { MAX_TIMER_DELAY } from '../../shared/timer-delay.ts';

/** How the delay between two attempts grows. */
export interface Backoff {
  /** The longest delay, in milliseconds, before jitter is added. */
  readonly maxDelay: number;
  /** The largest random share added to a delay: 0.25 for up to a quarter. It keeps clients from reconnecting all at once. */
  readonly jitter: number;
}

/** The shortest delay after a failed attempt, in milliseconds: a reconnection time of 0 could not be doubled. */
const MIN_RETRY_DELAY = 100;

/**
 * Returns the milliseconds until the next attempt to connect. WHATWG HTML §9.2.3 asks for the reconnection time, and "if the
 * previous attempt failed, [...] an exponential backoff delay".
 *
 * @param attempt          1 after a connection was lost, 2 after the first failed attempt, and so on
 * @param reconnectionTime milliseconds, as the server asks for; it may exceed `maxDelay`
 * @param random           a random number from 0 to 1
 */
export function reconnectionDelay(attempt: number, reconnectionTime: number, backoff: Backoff, random: number): number {
  const { maxDelay, jitter } = backoff;
  const base = Math.max(reconnectionTime, attempt > 1 ? MIN_RETRY_DELAY : 0);
  const grown = base * 2 ** Math.min(attempt - 1, 30);
  const delay = Math.max(reconnectionTime, Math.min(grown, maxDelay));
  return Math.min(delay * (1 + jitter * random), MAX_TIMER_DELAY);
}
