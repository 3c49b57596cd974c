import { reportException } from './report-exception.ts';

/** Calls a function of the application. What it throws becomes an uncaught exception, and does not disturb the caller. */
export function callSafely(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    reportException(error);
  }
}
