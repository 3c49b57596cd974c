/** The delays between attempts, in milliseconds. */
export interface RetryTimes {
  /** The pause after the first failure. It doubles with each further one, up to `maxDelay`. */
  readonly delay: number;
  readonly maxDelay: number;
}

/**
 * The milliseconds until the next attempt. Half of it is random, because many processes lose their connections at the same time.
 *
 * @param failures in a row, from 1
 * @param random a random number from 0 to 1
 */
export function retryDelay(failures: number, { delay, maxDelay }: RetryTimes, random: number = Math.random()): number {
  return Math.min(delay * 2 ** Math.min(failures - 1, 30), maxDelay) * (0.5 + random / 2);
}
