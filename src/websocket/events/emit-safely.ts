import type { EventEmitter } from 'node:events';
import { reportException } from '../../shared/report-exception.ts';
import { type HandshakeError, hookFailed } from '../handshake/handshake-error.ts';
import { publishError } from './diagnostics.ts';
import type { WebSocketEmitterEvents } from './event-target-emitter.ts';

/** The part of WebSocket that the functions below need. */
export type Emitter = Pick<EventEmitter, 'emit' | 'listenerCount'>;

/**
 * Emits an event of a WebSocket. An exception of a listener becomes an uncaught exception of the process; the connection is
 * unaffected.
 */
export function emitSafely<K extends keyof WebSocketEmitterEvents>(
  webSocket: Emitter,
  type: K,
  ...args: WebSocketEmitterEvents[K]
): boolean {
  try {
    return webSocket.emit(type, ...args);
  } catch (error) {
    reportException(error);
    return true;
  }
}

/**
 * Emits an event of an opening handshake. An exception of a listener becomes an uncaught exception of the process, and fails the
 * handshake: the listener may have refused what it has seen, such as the host to which a redirect leads.
 */
export function emitOrFail<K extends 'redirect' | 'unexpected-response' | 'upgrade'>(
  webSocket: Emitter,
  handshake: { fail(error: HandshakeError): void },
  type: K,
  ...args: WebSocketEmitterEvents[K]
): boolean {
  try {
    return webSocket.emit(type, ...args);
  } catch (cause) {
    reportException(cause);
    handshake.fail(hookFailed(type, `A listener of '${type}'`, 0, cause));
    return true;
  }
}

let warned = false;

/** Emits 'error', or a process warning if there is no listener. */
export function emitError(webSocket: Emitter, error: Error): void {
  publishError(webSocket, error);
  if (webSocket.listenerCount('error') > 0) {
    emitSafely(webSocket, 'error', error);
  } else if (!warned) {
    // An 'error' event without a listener would end the process, and a peer must not be able to do that.
    warned = true;
    process.emitWarning(`A WebSocket without an 'error' listener failed (reported only once): ${error.message}`);
  }
}
