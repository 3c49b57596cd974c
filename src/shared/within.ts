import { patientTimeout } from './patient-timeout.ts';

/**
 * Waits for a promise, for a limited time. After that, it rejects with an error, and the promise has no effect.
 *
 * @param message of the error
 */
export function within<T>(milliseconds: number, promise: PromiseLike<T>, message: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = patientTimeout(() => reject(new Error(message)), milliseconds);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
