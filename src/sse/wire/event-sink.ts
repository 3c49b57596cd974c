/** An event as it is dispatched, WHATWG HTML §9.2.6. */
export interface ParsedEvent {
  /** The event type; `message` if the stream sets none. */
  readonly type: string;
  /** The payload, with LF between its lines. */
  readonly data: string;
  /** The last event ID at the time of this event; empty for none. It stays set for later events without an `id` field. */
  readonly lastEventId: string;
}

/**
 * Receives the events of a parser. All calls are synchronous, within `push()`. If a method throws, `push()` throws the same error
 * after it has parsed the whole chunk.
 */
export interface EventSink {
  /** An event is complete. */
  onEvent(event: ParsedEvent): void;
  /** The stream sets a new reconnection time, in milliseconds. */
  onRetry?(milliseconds: number): void;
  /** The text of a comment, without the colon. A comment longer than `maxEventSize` is ignored. */
  onComment?(text: string): void;
  /** A line or an event exceeds `maxEventSize`; the parser ignores all further input. Without this method, `push()` throws. */
  onError?(error: EventTooLargeError): void;
}

/** Options of an EventParser. */
export interface EventParserOptions {
  /**
   * The maximum number of bytes in one line, and in one event: its data, its type and its last event ID together; 0 for no
   * limit. Comments and unknown fields are ignored, however long they are. Default: 16 MiB.
   */
  readonly maxEventSize?: number | undefined;
  /** The last event ID to start with, after a reconnection. Default: an empty string. */
  readonly lastEventId?: string | undefined;
}

/** A line or an event exceeds `maxEventSize`. */
export class EventTooLargeError extends RangeError {
  override readonly name: string = 'EventTooLargeError';
  /** A stable code for programs. */
  readonly code: string = 'SSE_ERR_EVENT_TOO_LARGE';
  /** The option that sets the limit. */
  readonly option: string = 'maxEventSize';
  /** The limit in force, in bytes. */
  readonly limit: number;
  /** The bytes of the line or of the event that were received: at least this many. */
  readonly actual: number;

  constructor(subject: 'Line' | 'Event', limit: number, actual: number) {
    super(`${subject} exceeds maxEventSize (limit ${limit} bytes, received at least ${actual})`);
    this.limit = limit;
    this.actual = actual;
  }
}
