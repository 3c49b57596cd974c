/**
 * The event 'error' of an EventSource, WHATWG HTML §9.2.3. The EventSource reconnects unless its `readyState` is CLOSED. In
 * browsers, the event has no details.
 */
export class EventSourceErrorEvent extends Event {
  /** What went wrong. */
  readonly message: string;
  /** The HTTP status of the response, if it caused the error. */
  readonly status: number | undefined;
  /** The same as `status`, by the name that the package `eventsource` uses. */
  readonly code: number | undefined;
  /** The underlying error, if there is one. */
  readonly error: Error | undefined;

  constructor(message: string, status: number | undefined, error: Error | undefined) {
    super('error');
    this.message = message;
    this.status = status;
    this.code = status;
    this.error = error;
  }
}
