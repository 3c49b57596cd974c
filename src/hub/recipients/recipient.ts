import type { EncodedEvent } from '../events/encoded-event.ts';
import type { HubReset } from '../events/hub-event.ts';
import type { HookErrors } from '../hook-errors.ts';

/** The connection of a subscriber: an event stream or a WebSocket. */
export interface Recipient<Data> {
  readonly isClosed: boolean;
  /** Bytes of memory that hold data that was sent and that the kernel has not accepted yet. */
  readonly sendMemory: number;
  /**
   * Sends an event. Returns false under backpressure: `onDrain()` follows, unless the connection ends. Returns null if the event cannot
   * be encoded: it is not sent.
   */
  send(event: EncodedEvent<Data>, hookErrors: HookErrors): boolean | null;
  /** Sends an id without data. A client that reconnects continues after this id. Returns the same as `send()`. */
  sendId(id: string): boolean;
  /** Sends a reset instead of missed events, with the id after which the client continues. Returns the same as `send()`. */
  sendReset(reset: HubReset, id: string): boolean;
  /** Stops calling back. */
  detach(): void;
}

/** Receives the events of a recipient. */
export interface RecipientListener {
  /** The connection accepts more data, after `send()` has returned false. */
  onDrain(): void;
  /** The connection has ended. */
  onEnd(): void;
}
