import type { EncodedEvent } from '../events/encoded-event.ts';
import type { HubReset } from '../events/hub-event.ts';
import type { HookErrors } from '../hook-errors.ts';

/** The connection of a subscriber: an event stream or a WebSocket. */
export interface Recipient<Data> {
  readonly isClosed: boolean;
  /** Bytes of memory that hold what was sent and has not reached the kernel. */
  readonly sendMemory: number;
  /**
   * Sends an event. Returns false under backpressure, and then calls back once it has passed, unless the connection ends. Returns null if
   * the event cannot be encoded: it is not sent.
   */
  send(event: EncodedEvent<Data>, hookErrors: HookErrors): boolean | null;
  /** Sends an id alone, from which on the client continues when it reconnects. Returns the same as `send()`. */
  sendId(id: string): boolean;
  /** Sends what takes the place of missed events, with the id from which on the client continues. Returns the same as `send()`. */
  sendReset(reset: HubReset, id: string): boolean;
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
