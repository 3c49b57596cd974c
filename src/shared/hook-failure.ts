import type { EventEmitter } from 'node:events';
import { callSafely } from './call-safely.ts';
import { describeCause, stackOf } from './describe-value.ts';

/** The emitters without a listener for failures that have already emitted a process warning. */
const warned: WeakSet<object> = /* @__PURE__ */ new WeakSet();

/** The message of a failure, such as `filter failed: x is not defined`. */
export function failureOf(hook: string, cause: unknown): string {
  return `${hook} failed: ${describeCause(cause)}`;
}

/** The error for a function of the application that has thrown or rejected. `hook` is its name. */
export function hookError(code: string, hook: string, cause: unknown): Error & { code: string; hook: string } {
  return Object.assign(new Error(failureOf(hook, cause), { cause }), { code, hook });
}

/**
 * Reports that a function of the application failed: a client must not be able to end the process. The listeners of 'hookError'
 * receive the error. Without a listener, the first error of an emitter emits a process warning.
 */
export function reportHookError(emitter: EventEmitter, error: Error & { readonly code: string }): void {
  callSafely(() => {
    if (!emitter.emit('hookError', error)) warnOnce(emitter, error, "; listen to 'hookError'");
  });
}

/** Emits a process warning for the first failure of `owner`. */
export function warnOnce(owner: object, { message, code, cause }: Error & { readonly code: string }, hint = ''): void {
  if (warned.has(owner)) return;
  warned.add(owner);
  const detail = stackOf(cause);
  process.emitWarning(`${message} (reported only once${hint})`, { code, ...(detail === undefined ? {} : { detail }) });
}
