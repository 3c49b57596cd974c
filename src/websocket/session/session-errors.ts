import { describeReadyState, type ReadyState } from '../../shared/ready-state.ts';
import { CloseCode } from '../wire/close-code.ts';
import type { Violation } from '../wire/violation.ts';
import { LimitError, WebSocketError } from './errors.ts';

/** What is found outside the wire layer: by a clock, a sum over all connections, or the transport. */

/** A message was begun and not gone on with. */
export const IDLE_MESSAGE: Violation = {
  code: 'WS_ERR_IDLE_MESSAGE',
  closeCode: CloseCode.POLICY_VIOLATION,
  section: '10.4',
  text: 'a message was begun and not continued for too many milliseconds',
  option: 'messageTimeout',
};

/** All connections together hold too much, and this one the most. */
export const TOO_MUCH_RECEIVED: Violation = {
  code: 'WS_ERR_RECEIVE_MEMORY',
  closeCode: CloseCode.TRY_AGAIN_LATER,
  section: '10.4',
  text: 'the unfinished messages of all connections take more bytes than the limit, and this one the most',
  option: 'maxReceiveMemory',
};

/** A peer that does not read what it is sent. */
export function tooMuchBackpressure(limit: number, actual: number): LimitError {
  const violation: Violation = {
    code: 'WS_ERR_BACKPRESSURE',
    closeCode: CloseCode.ABNORMAL_CLOSURE,
    section: '10.4',
    text: 'the peer does not read what it is sent',
  };
  return new LimitError(violation, 'maxBackpressure', limit, actual);
}

/** A peer from which nothing comes, not even the answer to a ping. */
export function unresponsive(timeout: number, silence: number): LimitError {
  const violation: Violation = {
    code: 'WS_ERR_UNRESPONSIVE',
    closeCode: CloseCode.ABNORMAL_CLOSURE,
    section: '5.5.2',
    text: 'nothing came from the peer, not even the answer to a ping, for too many milliseconds',
  };
  return new LimitError(violation, 'heartbeatTimeout', timeout, silence);
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
