/**
 * Throws an exception of the application after the current operation: it becomes an 'uncaughtException', as with EventTarget,
 * and does not affect the caller of the function.
 */
export function reportException(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
