import type { EventEmitter } from 'node:events';
import { handleRejection } from '../shared/handle-rejection.ts';
import { failureOf, reportHookError } from '../shared/hook-failure.ts';
import { HubError } from './hub-error.ts';

/** The functions of the application that a hub calls. */
export type HubHook = 'authorize' | 'onMessage' | 'filter' | 'encode';

/** Reports that functions of the application failed: a client must not be able to end the process. */
export class HookErrors {
  readonly #hub: EventEmitter;

  constructor(hub: EventEmitter) {
    this.#hub = hub;
  }

  /** The listeners of 'hookError' receive the error. Without one, the first error is a warning of the process. */
  report(hook: HubHook, cause: unknown): void {
    reportHookError(this.#hub, new HubError('HUB_ERR_HOOK_FAILED', failureOf(hook, cause), cause, hook));
  }

  /** Reports the rejection of what a function returned, if it is a Promise, although none is awaited. */
  handleRejection(hook: HubHook, returned: unknown): void {
    handleRejection(returned, (cause) => this.report(hook, cause));
  }
}

/** A Promise is not accepted, which is reported. Its rejection adds nothing. */
export function ignoreRejection(returned: unknown): void {
  if (returned instanceof Promise) returned.catch(() => {});
}
