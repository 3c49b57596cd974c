/** Throws an exception of the application in a turn of its own: it becomes an 'uncaughtException', as with EventTarget. */
export function reportException(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
