import { MAX_TIMER_DELAY } from '../../shared/timer-delay.ts';

/** Determines the delay between two attempts. */
export interface Backoff {
  /** The longest delay, in milliseconds, before jitter is added. */
  readonly maxDelay: number;
  /** The largest random share added to a delay: 0.15 for up to 15 %. It keeps clients from reconnecting all at once. */
  readonly jitter: number;
}

/** The shortest delay after a failed attempt, in milliseconds: a reconnection time of 0 could not be doubled. */
const MIN_RETRY_DELAY = 100;

/** A stream that has lasted this many milliseconds is not a short one. */
const LASTING_STREAM = 1000;
/** The shortest delay after the second short stream in a row, in milliseconds; it doubles with each further one. */
const MIN_SHORT_STREAM_DELAY = 25;
/** The longest of these delays: that of an EventSource whose server sets no reconnection time. */
const MAX_SHORT_STREAM_DELAY = 3000;

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

/**
 * The shortest delay after consecutive streams that end soon. Otherwise, a client would send requests without a pause to a server
 * that ends each stream after one event, with a reconnection time of 0.
 */
export class ShortStreams {
  /** The number of short streams in a row. */
  #count = 0;
  #openedAt: number | undefined;

  /** The shortest delay now, in milliseconds. */
  get minDelay(): number {
    if (this.#count < 2) return 0;
    return Math.min(MIN_SHORT_STREAM_DELAY * 2 ** (this.#count - 2), MAX_SHORT_STREAM_DELAY);
  }

  /** A stream is open. */
  opened(now: number): void {
    this.#openedAt = now;
  }

  /** The stream has ended. If there was none, nothing changes. */
  ended(now: number): void {
    if (this.#openedAt === undefined) return;
    this.#count = now - this.#openedAt < LASTING_STREAM ? this.#count + 1 : 0;
    this.#openedAt = undefined;
  }
}
