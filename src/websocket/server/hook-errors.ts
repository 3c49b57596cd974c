import { describeValue } from '../../shared/describe-value.ts';
import { HandshakeError } from '../handshake/handshake-error.ts';
import type { Counters } from '../session/metrics.ts';

/** Reports that functions of the application failed: a client must not be able to end the process. */
export class HookErrors {
  readonly #counters: Counters;
  #warned = false;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Counts a failure. Returns the error for the listeners of 'wsClientError', with the failure as its `cause`. */
  count(cause: unknown): HandshakeError {
    const message = `A function of the application failed: ${cause instanceof Error ? cause.message : describeValue(cause)}`;
    const error = new HandshakeError('WS_ERR_HOOK_FAILED', message, 500, {}, { cause });
    this.#counters.countError(error);
    return error;
  }

  /** Warns that an error was reported to no listener. Only the first one is a warning of the process. */
  warn({ message, cause }: HandshakeError): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(`${message} (reported only once; listen to 'wsClientError')`, {
      detail: (cause as Error)?.stack,
    });
  }
}
