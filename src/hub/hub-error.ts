import { describeCause } from '../shared/describe-value.ts';

/** The codes of a HubError. */
export type HubErrorCode =
  | 'HUB_ERR_NOT_PUBLISHED'
  | 'HUB_ERR_OUTCOME_UNKNOWN'
  | 'HUB_ERR_TOO_MANY_UNCONFIRMED'
  | 'HUB_ERR_NOT_COUNTED'
  | 'HUB_ERR_CLOSED'
  | 'HUB_ERR_HOOK_FAILED';

/**
 * An event was not published, or its outcome is unknown, or subscribers were not counted: `cause` is the error of the log's engine.
 * Or a function of the application failed: `cause` is what it threw.
 */
export class HubError extends Error {
  /**
   * HUB_ERR_NOT_PUBLISHED: the log has refused the event, or cannot be reached. HUB_ERR_OUTCOME_UNKNOWN: the event may be in the log;
   * with an `idempotencyKey`, publish it again. HUB_ERR_TOO_MANY_UNCONFIRMED: the log is slower than the application publishes; the
   * event was not sent. HUB_ERR_CLOSED: the hub or the log was closed before the event was sent. HUB_ERR_NOT_COUNTED: the log does not
   * answer `totalCount()`. HUB_ERR_HOOK_FAILED: `hook` threw or rejected.
   */
  readonly code: HubErrorCode;
  /** The function of the application that failed: `authorize`, `onMessage`, `filter` or `encode`. Undefined if none failed. */
  declare readonly hook?: string;

  constructor(code: HubErrorCode, message: string, cause?: unknown, hook?: string) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HubError';
    this.code = code;
    if (hook !== undefined) this.hook = hook;
  }
}

/** The error for an event that is certainly not in the log. */
export function notPublished(cause: unknown): HubError {
  return new HubError('HUB_ERR_NOT_PUBLISHED', `The event was not published: ${messageOf(cause)}`, cause);
}

/** The error for an event that may or may not be in the log. */
export function outcomeUnknown(cause: unknown): HubError {
  return new HubError('HUB_ERR_OUTCOME_UNKNOWN', `The event may have been published: ${messageOf(cause)}`, cause);
}

/** The error of `totalCount()` if the log does not answer. */
export function notCounted(cause: unknown): HubError {
  return new HubError('HUB_ERR_NOT_COUNTED', `The subscribers were not counted: ${messageOf(cause)}`, cause);
}

function messageOf(error: unknown): string {
  return typeof error === 'string' ? error : describeCause(error);
}
