/** The operations of a log that a hub repeats. */
export type LogUse = 'tail' | 'replay' | 'presence';

/** Reports that the log fails, and that it has recovered. */
export class LogReports {
  readonly #onError: (error: Error) => void;
  readonly #onRecovered: () => void;
  /** The message of the last error, for each operation that fails. */
  readonly #failing = new Map<LogUse, string>();

  constructor(onError: (error: Error) => void, onRecovered: () => void) {
    this.#onError = onError;
    this.#onRecovered = onRecovered;
  }

  /** Reports an error that no recovery follows. */
  error(reason: Error): void {
    // Some clients reject with errors without a message.
    this.#onError(reason.message === '' ? new Error(`The log has failed: ${reason.name}`, { cause: reason }) : reason);
  }

  /** Reports an error once, not at each attempt, until the operation recovers or fails for another reason. */
  failed(use: LogUse, reason: Error): void {
    if (this.#failing.get(use) === reason.message) return;
    this.#failing.set(use, reason.message);
    this.error(reason);
  }

  /** The operation has succeeded. */
  answered(use: LogUse): void {
    if (this.#failing.delete(use) && this.#failing.size === 0) this.#onRecovered();
  }
}
