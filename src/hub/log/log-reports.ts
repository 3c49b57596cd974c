/** What a hub asks of its log again and again. */
export type LogUse = 'tail' | 'replay' | 'presence';

/** Reports that the log does not answer, and that it answers again. */
export class LogReports {
  readonly #onError: (error: Error) => void;
  readonly #onRecovered: () => void;
  /** The message of the last error of each use that fails. */
  readonly #failing = new Map<LogUse, string>();

  constructor(onError: (error: Error) => void, onRecovered: () => void) {
    this.#onError = onError;
    this.#onRecovered = onRecovered;
  }

  /** Reports an error after which nothing has to recover. */
  error(reason: Error): void {
    // Some clients reject with errors without a message.
    this.#onError(reason.message === '' ? new Error(`The log has failed: ${reason.name}`, { cause: reason }) : reason);
  }

  /** Reports an error once, not at each attempt, until the use recovers or fails for another reason. */
  failed(use: LogUse, reason: Error): void {
    if (this.#failing.get(use) === reason.message) return;
    this.#failing.set(use, reason.message);
    this.error(reason);
  }

  /** Nothing fails any more for this use. */
  answered(use: LogUse): void {
    if (this.#failing.delete(use) && this.#failing.size === 0) this.#onRecovered();
  }
}
