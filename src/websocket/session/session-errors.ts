import { describeReadyState, type ReadyState } from '../../shared/ready-state.ts';
import { CloseCode } from '../wire/close-code.ts';
import type { LimitViolation, Violation } from '../wire/violation.ts';
import { LimitError, WebSocketError } from './errors.ts';

/** Violations found outside of the wire layer: by a clock, a sum over all connections, or the transport. */

/** A message was begun and not continued. */
export const IDLE_MESSAGE: LimitViolation = {
  code: 'WS_ERR_IDLE_MESSAGE',
  closeCode: CloseCode.POLICY_VIOLATION,
  section: '10.4',
  text: 'a message was begun and not continued in time',
  limit: { option: 'messageTimeout', subject: 'Pause within a message', unit: 'milliseconds', measure: 'waited' },
};

/** All connections together hold too many undelivered bytes, and this one holds the most. */
export const TOO_MUCH_RECEIVED: LimitViolation = {
  code: 'WS_ERR_RECEIVE_MEMORY',
  closeCode: CloseCode.TRY_AGAIN_LATER,
  section: '10.4',
  text: 'the undelivered input of all connections takes too much memory, and this connection holds the most',
  limit: {
    option: 'maxReceiveMemory',
    subject: 'Undelivered input of all connections',
    unit: 'bytes',
    measure: 'holding',
  },
};

/** The peer does not read what it is sent. */
export function tooMuchBackpressure(limit: number, actual: number): LimitError {
  const violation: LimitViolation = {
    code: 'WS_ERR_BACKPRESSURE',
    closeCode: CloseCode.ABNORMAL_CLOSURE,
    section: '10.4',
    text: 'the peer does not read what it is sent',
    limit: { option: 'maxBackpressure', subject: 'Send queue', unit: 'bytes', measure: 'queued' },
  };
  return new LimitError(violation, limit, actual);
}

/** The peer sends nothing, not even the answer to a ping. */
export function unresponsive(timeout: number, silence: number): LimitError {
  const violation: LimitViolation = {
    code: 'WS_ERR_UNRESPONSIVE',
    closeCode: CloseCode.ABNORMAL_CLOSURE,
    section: '5.5.2',
    text: 'the peer sent nothing, not even the answer to a ping',
    limit: {
      option: 'heartbeatTimeout',
      subject: 'Silence after a ping',
      unit: 'milliseconds',
      measure: 'no byte received for',
    },
  };
  return new LimitError(violation, timeout, silence);
}

/** The transport failed. */
export function connectionLost(cause: Error): WebSocketError {
  const violation: Violation = {
    code: 'WS_ERR_CONNECTION_LOST',
    closeCode: CloseCode.ABNORMAL_CLOSURE,
    section: '7.1.5',
    text: 'the connection was lost',
  };
  return Object.assign(new WebSocketError(violation, `The connection was lost: ${cause.message}`), { cause });
}

/** What is to be sent comes too early, or too late. Programs know the words from `ws`. */
export function notOpen(readyState: ReadyState): Error {
  const message = `WebSocket is not open: readyState ${describeReadyState(readyState)}`;
  return Object.assign(new Error(message), { code: 'WS_ERR_NOT_OPEN' });
}
