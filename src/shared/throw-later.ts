/**
 * Throws an error of the application after the current operation: it becomes an uncaught exception, and does not disturb
 * whoever called the function of the application.
 */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
