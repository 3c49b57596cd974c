import { patientTimeout } from '../../shared/patient-timeout.ts';
import { type RetryTimes, retryDelay } from '../../shared/retry-delay.ts';

/** Waits for operations, with a time limit. `close()` ends all waits. */
export class PatientWaits {
  readonly #times: RetryTimes;
  /** Functions that end the current waits. */
  readonly #ends = new Set<() => void>();
  #isClosed = false;

  constructor(times: RetryTimes) {
    this.#times = times;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Waits for a promise. Rejects if it takes too long, or when this is closed. */
  within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = patientTimeout(() => reject(unanswered(milliseconds)), milliseconds);
      const settle = (): void => {
        clearTimeout(timer);
        this.#ends.delete(end);
      };
      const end = (): void => {
        settle();
        reject(closedError());
      };
      this.#ends.add(end);
      promise.then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => {
          settle();
          reject(error);
        },
      );
      if (this.#isClosed) end();
    });
  }

  /** Waits before the next attempt, longer after each failure. Resolves at once when this is closed. */
  pause(failures: number): Promise<void> {
    return this.rest(retryDelay(failures, this.#times));
  }

  /**
   * Waits for a time. Resolves at once when this is closed.
   *
   * @param onBegin receives a function that ends the wait
   */
  rest(milliseconds: number, onBegin?: (end: () => void) => void): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#ends.delete(end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#ends.add(end);
      onBegin?.(end);
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const end of [...this.#ends]) end();
  }
}

export function unanswered(milliseconds: number): Error {
  return new Error(`Redis did not answer within ${milliseconds} ms`);
}

export function closedError(): Error {
  return new Error('The log is closed');
}
