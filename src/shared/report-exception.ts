/**
 * Throws an exception of the application after the current operation: it becomes an 'uncaughtException', as with EventTarget,
 * and does not disturb whoever called the function of the application.
 */
export function reportException(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
