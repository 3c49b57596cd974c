import type { EncodedEvent } from '../hub-event.ts';

/** What a client receives in place of events that it has missed and that cannot be sent. */
export interface Reset {
  /** The id from which on the client was to continue. */
  readonly lastEventId: string;
  /** The id of the oldest event that the log still has; null if there is none. */
  readonly oldestId: string | null;
}

/** The connection of a subscriber: an event stream or a WebSocket. */
export interface Recipient<Data> {
  readonly isClosed: boolean;
  /** Bytes of memory that hold what was sent and has not reached the kernel. */
  readonly sendMemory: number;
  /**
   * Sends an event. Returns false under backpressure, and then calls back once it has passed, unless the connection ends. Returns null if
   * the event cannot be encoded: it is not sent.
   */
  send(event: EncodedEvent<Data>): boolean | null;
  /** Sends an id alone, from which on the client continues when it reconnects. Returns the same as `send()`. */
  sendId(id: string): boolean;
  /** Sends what takes the place of missed events, with the id from which on the client continues. Returns the same as `send()`. */
  sendReset(reset: Reset, id: string): boolean;
  /** Stops calling back. */
  detach(): void;
}

/** What a recipient reports. */
export interface RecipientListener {
  /** `send()` has returned false, and now the connection accepts more. */
  onDrain(): void;
  /** The connection has ended. */
  onEnd(): void;
}
