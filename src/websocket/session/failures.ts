/** Failures that are detected outside the wire layer: by a clock, by a sum over all connections, or by the transport. */
import { describeReadyState, type ReadyState } from '../../shared/ready-state.ts';
import { CloseCode } from '../wire/close-code.ts';
import type { LimitViolation, Violation } from '../wire/violation.ts';
import { LimitError, WebSocketError } from './websocket-error.ts';

/** The peer started a message and did not continue it. */
export const IDLE_MESSAGE: LimitViolation = {
  code: 'WS_ERR_IDLE_MESSAGE',
  closeCode: CloseCode.POLICY_VIOLATION,
  section: '10.4',
  text: 'the peer started a message and did not continue it',
  limit: { option: 'messageTimeout', subject: 'Pause within a message', unit: 'ms', measure: 'waited at least' },
};

/** All connections together hold too much undelivered data, and this one has made no progress for the longest time. */
export const RECEIVE_MEMORY_EXCEEDED: LimitViolation = {
  code: 'WS_ERR_RECEIVE_MEMORY',
  closeCode: CloseCode.TRY_AGAIN_LATER,
  section: '10.4',
  text: 'all connections hold too much undelivered data, and this one has made no progress for the longest time',
  limit: {
    option: 'maxReceiveMemory',
    subject: 'Memory of undelivered data of all connections',
    unit: 'bytes',
    measure: 'held',
  },
};

const BACKPRESSURE_EXCEEDED: LimitViolation = {
  code: 'WS_ERR_BACKPRESSURE',
  closeCode: CloseCode.ABNORMAL_CLOSURE,
  section: '10.4',
  text: 'the peer does not read',
  limit: { option: 'maxBackpressure', subject: 'Data queued for the peer', unit: 'bytes', measure: 'queued' },
};

const UNRESPONSIVE: LimitViolation = {
  code: 'WS_ERR_UNRESPONSIVE',
  closeCode: CloseCode.ABNORMAL_CLOSURE,
  section: '5.5.2',
  text: 'the peer did not answer a ping',
  limit: { option: 'heartbeatTimeout', subject: 'Silence after a ping', unit: 'ms', measure: 'waited' },
};

const CONNECTION_LOST: Violation = {
  code: 'WS_ERR_CONNECTION_LOST',
  closeCode: CloseCode.ABNORMAL_CLOSURE,
  section: '7.1.5',
  text: 'the connection was lost',
};

/** The peer does not read. Both numbers are bytes. */
export function backpressureExceeded(limit: number, actual: number): LimitError {
  return new LimitError(BACKPRESSURE_EXCEEDED, limit, actual);
}

/** The peer sends nothing, not even a pong. Both numbers are milliseconds since the ping. */
export function unresponsive(limit: number, actual: number): LimitError {
  return new LimitError(UNRESPONSIVE, limit, actual);
}

/** The transport failed. */
export function connectionLost(cause: Error): WebSocketError {
  return Object.assign(new WebSocketError(CONNECTION_LOST, `Connection lost: ${cause.message}`), { cause });
}

/**
 * A call needs an open connection. Programs match the message, which is that of `ws`.
 *
 * @param cause why the connection failed; null if it did not
 */
export function notOpen(readyState: ReadyState, cause: Error | null = null): Error {
  const message = `WebSocket is not open: readyState ${describeReadyState(readyState)}`;
  return Object.assign(new Error(message, cause === null ? {} : { cause }), { code: 'WS_ERR_NOT_OPEN' });
}

/** Calls a callback with an error, not synchronously: a callback that throws must not keep later messages from being sent. */
export function failLater(callback: ((error?: Error) => void) | undefined, error: Error): void {
  if (callback !== undefined) process.nextTick(callback, error);
}

/**
 * Calls a function that reports a failure, not synchronously: the application may be in the middle of a call.
 *
 * @param isLast whether the callbacks that `failLater()` calls in this turn come first
 */
export function reportLater(report: () => void, isLast: boolean): void {
  if (isLast) process.nextTick(process.nextTick, report);
  else process.nextTick(report);
}
