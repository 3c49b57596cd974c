/** The codes of a HubError. */
export type HubErrorCode =
  | 'HUB_ERR_NOT_PUBLISHED'
  | 'HUB_ERR_OUTCOME_UNKNOWN'
  | 'HUB_ERR_TOO_MANY_UNCONFIRMED'
  | 'HUB_ERR_CLOSED';

/** Why an event was not published, or may not have been. The `cause` is the error of the log's engine. */
export class HubError extends Error {
  /**
   * HUB_ERR_NOT_PUBLISHED: the log has refused the event, or was not reached. HUB_ERR_OUTCOME_UNKNOWN: the event may be in the log;
   * with an `idempotencyKey`, publish it again. HUB_ERR_TOO_MANY_UNCONFIRMED: the log is slower than the application publishes; the
   * event was not sent. HUB_ERR_CLOSED: the hub or the log was closed before the event was sent.
   */
  readonly code: HubErrorCode;

  constructor(code: HubErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HubError';
    this.code = code;
  }
}

/** The error for an event that is certainly not in the log. */
export function notPublished(cause: unknown): HubError {
  return new HubError('HUB_ERR_NOT_PUBLISHED', `The event was not published: ${messageOf(cause)}`, cause);
}

/** The error for an event of which nobody knows whether it is in the log. */
export function outcomeUnknown(cause: unknown): HubError {
  return new HubError('HUB_ERR_OUTCOME_UNKNOWN', `The event may have been published: ${messageOf(cause)}`, cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
