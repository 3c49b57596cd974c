/** Milliseconds that a slow reader of the output has for the rest. */
const TIME_FOR_THE_REST = 1_000;

/**
 * Ends the process after an interruption, even if nobody reads its output: what has not been written keeps a process alive.
 * Does not wait if everything has been written.
 */
export function abandonOutput(): void {
  setTimeout(() => process.exit(), TIME_FOR_THE_REST).unref();
}
