import type { DrainListener } from './transport-writer.ts';

/** Receives the events of a session; implemented by WebSocket. */
export interface SessionListener extends DrainListener {
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
  /**
   * The closing handshake has begun, or the connection was lost: nothing more can be sent.
   *
   * @param failure the error that `onError()` reports later
   */
  onClosing(failure?: Error): void;
  /** Called at most once; `onClosed` follows. */
  onError(error: Error): void;
  /** The network connection broke. Called instead of `onClosing` and `onError`. */
  onLost(error: Error): void;
  /** The transport is closed. */
  onClosed(code: number, reason: Buffer, clean: boolean): void;
}
