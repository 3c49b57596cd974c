import { callSafely } from '../../shared/call-safely.ts';
import { ReadyState } from '../../shared/ready-state.ts';
import { notOpen } from './failures.ts';

/**
 * Called when a message has been handed to the transport, or with an error if it could not be sent: its code is
 * WS_ERR_NOT_OPEN, and its `cause` is why the connection failed.
 */
export type SendCallback = (error?: Error) => void;

/** Calls all callbacks of a write, even if one of them throws. @internal */
export function callBack(callbacks: readonly SendCallback[]): void {
  for (const callback of callbacks) callSafely(callback);
}

/**
 * Calls the callbacks of messages that cannot be sent, in later ticks.
 *
 * @param cause why the connection failed; null if it did not
 * @internal
 */
export function reject(callbacks: readonly SendCallback[], cause: Error | null): void {
  if (callbacks.length === 0) return;
  const error = notOpen(ReadyState.CLOSED, cause);
  for (const callback of callbacks) process.nextTick(callback, error);
}
