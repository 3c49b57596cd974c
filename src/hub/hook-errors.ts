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

  /** Emits 'hookError'. Without a listener, the first error emits a process warning. */
  report(hook: HubHook, cause: unknown): void {
    reportHookError(this.#hub, new HubError('HUB_ERR_HOOK_FAILED', failureOf(hook, cause), cause, hook));
  }

  /** If a function has returned a Promise, reports its rejection, although the Promise is not awaited. */
  handleRejection(hook: HubHook, returned: unknown): void {
    handleRejection(returned, (cause) => this.report(hook, cause));
  }
}

/** Ignores the rejection of a Promise that is not allowed, because the caller reports the Promise. */
export function ignoreRejection(returned: unknown): void {
  if (returned instanceof Promise) returned.catch(() => {});
}
