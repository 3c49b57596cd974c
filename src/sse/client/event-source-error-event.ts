/** The 'error' event of an EventSource. In browsers, the event has no details. */
export class EventSourceErrorEvent extends Event {
  /** What went wrong. */
  readonly message: string;
  /** The status of the response, if it caused the error. */
  readonly status: number | undefined;
  /** The same as `status`. The package `eventsource` uses this name. */
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
