import { describeValue, stackOf } from '../../shared/describe-value.ts';
import { HandshakeError, hookFailed } from '../handshake/handshake-error.ts';
import type { Counters } from '../session/metrics.ts';

/** The functions of the application that take part in an upgrade, with their names in messages. */
const NAMES = {
  shouldHandle: 'shouldHandle',
  origin: 'origin',
  verifyClient: 'verifyClient',
  handleProtocols: 'handleProtocols',
  headers: "A listener of 'headers'",
  WebSocket: 'The constructor of a WebSocket',
} as const;

export type Hook = keyof typeof NAMES;

/** Reports that functions of the application failed: a client must not be able to end the process. */
export class HookErrors {
  readonly #counters: Counters;
  #warned = false;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Counts a failure. Returns the error for the listeners of 'wsClientError', with the failure as its `cause`. */
  count(hook: Hook, cause: unknown): HandshakeError {
    return this.#counted(hookFailed(hook, NAMES[hook], 500, cause));
  }

  /** Counts a wrong choice of `handleProtocols`. */
  countProtocol(protocol: unknown): HandshakeError {
    const message = `handleProtocols must return an offered subprotocol; received ${describeValue(protocol)}`;
    return this.#counted(new HandshakeError('WS_ERR_INVALID_PROTOCOL', message, 500, {}, { hook: 'handleProtocols' }));
  }

  /** Emits a process warning for the first error that has no listener. */
  warn({ message, reason, cause }: HandshakeError): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(`${message} (reported only once; listen to 'wsClientError')`, {
      code: reason,
      detail: stackOf(cause),
    });
  }

  #counted(error: HandshakeError): HandshakeError {
    this.#counters.countError(error);
    return error;
  }
}
