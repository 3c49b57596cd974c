import type { BytesSink, Endpoint } from './frame-encoder.ts';
import type { MessageDecoderOptions } from './message-decoder.ts';
import type { DataOpcode } from './opcode.ts';
import type { Inflater } from './permessage-deflate.ts';
import type { Violation } from './violation.ts';

/** Receives the events of a connection. All calls are synchronous. They may call the connection back, but must not throw. */
export interface ConnectionSink extends BytesSink {
  /** A whole message in `chunk[start, end)`. The bytes belong to the sink from then on. */
  onMessage(opcode: DataOpcode, chunk: Uint8Array, start: number, end: number): void;
  /** A ping, already answered if `autoPong` is true. The bytes are valid during the call only. */
  onPing(chunk: Uint8Array, start: number, end: number): void;
  /** A pong. The bytes are valid during the call only. */
  onPong(chunk: Uint8Array, start: number, end: number): void;
  /** The peer's Close frame; the code is 1005 if the frame has none. The answer is sent after the call. */
  onCloseFrame(code: number, reason: string): void;
  /** The peer violated the protocol or exceeded a limit. `flush()` sends the Close frame that fails the connection. */
  onFail(violation: Violation, limit?: number, actual?: number): void;
  /**
   * A compressed message that would take too long to inflate synchronously. Pass the result to `inflated()`: until then,
   * the connection decodes nothing more.
   */
  onInflate(compressed: Uint8Array): void;
  /** The transport must be half-closed, once everything has been sent. */
  onEnd(): void;
}

/** Options of a connection. All of them are required: it has no defaults. */
export interface ConnectionOptions extends MessageDecoderOptions {
  /** Whether to answer pings (RFC 6455 §5.5.2). */
  readonly autoPong: boolean;
}

/** The arguments of `new Connection()`. */
export interface ConnectionInit {
  /** Which side the connection is, and how a client masks. */
  readonly endpoint: Endpoint;
  /** Receives what the connection reports. */
  readonly sink: ConnectionSink;
  /** The limits, and what is checked and answered. */
  readonly options: ConnectionOptions;
  /** Decompresses messages, if permessage-deflate was negotiated (RFC 7692). */
  readonly inflater?: Inflater | null | undefined;
}
