import {
  DEFAULT_CLOSE_TIMEOUT,
  DEFAULT_HEARTBEAT_TIMEOUT,
  DEFAULT_MAX_BACKPRESSURE,
  DEFAULT_MAX_BUFFERED_CHUNKS,
  DEFAULT_MAX_FRAGMENTS,
  DEFAULT_MAX_PAYLOAD,
  DEFAULT_MAX_RECEIVE_MEMORY,
  DEFAULT_MESSAGE_TIMEOUT,
} from '../../shared/defaults.ts';
import type { SessionOptions } from './session.ts';
import type { SupervisorOptions } from './supervisor.ts';

/** Options of every WebSocket, a server's and a client's. */
export interface WebSocketOptions {
  /** Bytes in one message; 0 for no limit. Default: 16 MiB. Past it the connection is failed with 1009. */
  readonly maxPayload?: number | undefined;
  /** Fragments in one message; 0 for no limit. Default: 131,072. Past it the connection is failed with 1008. */
  readonly maxFragments?: number | undefined;
  /** Chunks of one message held until it is whole; 0 for no limit. Default: 1,048,576. Past it: 1008. */
  readonly maxBufferedChunks?: number | undefined;
  /** Whether text is taken without a check that it is UTF-8 (RFC 6455 §8.1 wants the check). Default: false. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** Whether pings are answered. Default: true. */
  readonly autoPong?: boolean | undefined;
  /** Taken for the sake of `ws`; it has no effect: there is never more than one pong that waits (RFC 6455 §5.5.3). */
  readonly maxPendingAutoPongs?: number | undefined;
  /**
   * Whether several events 'message', 'ping' and 'pong' may be emitted in one turn of the event loop, so that a Promise's
   * `then` may run only after the next of them. Default: true. With false, it is as in browsers, and slower.
   */
  readonly allowSynchronousEvents?: boolean | undefined;
  /**
   * Bytes queued for a peer that does not read; 0 for no limit. Default: 16 MiB. Past it, the next message is not sent,
   * and the connection is terminated with a LimitError. Within one turn of the event loop, in which the peer cannot read,
   * three times as much may be queued.
   */
  readonly maxBackpressure?: number | undefined;
  /** Milliseconds from the start of the closing handshake to the end of the transport by force. Default: 30,000. */
  readonly closeTimeout?: number | undefined;
}

/** Options of how dead peers are found: on a server by default, on a client if it is asked to. */
export interface HeartbeatOptions {
  /** Milliseconds of silence after which the peer is sent a ping; 0 for never. Default: 30,000 on a server, 0 on a client. */
  readonly heartbeatInterval?: number | undefined;
  /** Milliseconds without a byte after that ping, after which it is terminated; 0 for never. Default: 30,000. */
  readonly heartbeatTimeout?: number | undefined;
}

/** Options of a server, over all its connections. */
export interface SupervisionOptions extends HeartbeatOptions {
  /**
   * Milliseconds without a byte of a message that has begun; 0 for no limit. Default: 60,000. Past it, the connection is
   * failed with 1008.
   */
  readonly messageTimeout?: number | undefined;
  /**
   * Bytes of all unfinished messages together; 0 for no limit. Default: 256 MiB. Past it, the connection that holds the
   * most is failed with 1013.
   */
  readonly maxReceiveMemory?: number | undefined;
}

/** @throws RangeError or TypeError that names the option and what it got */
export function supervisorOptions(options: SupervisionOptions, heartbeatInterval: number): SupervisorOptions {
  return {
    heartbeatInterval: milliseconds('heartbeatInterval', options.heartbeatInterval, heartbeatInterval),
    heartbeatTimeout: milliseconds('heartbeatTimeout', options.heartbeatTimeout, DEFAULT_HEARTBEAT_TIMEOUT),
    messageTimeout: milliseconds('messageTimeout', options.messageTimeout, DEFAULT_MESSAGE_TIMEOUT),
    maxReceiveMemory: limit('maxReceiveMemory', options.maxReceiveMemory, DEFAULT_MAX_RECEIVE_MEMORY),
  };
}

/** @throws RangeError or TypeError that names the option and what it got */
export function sessionOptions(options: WebSocketOptions): SessionOptions {
  return {
    maxPayload: limit('maxPayload', options.maxPayload, DEFAULT_MAX_PAYLOAD),
    maxFragments: limit('maxFragments', options.maxFragments, DEFAULT_MAX_FRAGMENTS),
    maxBufferedChunks: limit('maxBufferedChunks', options.maxBufferedChunks, DEFAULT_MAX_BUFFERED_CHUNKS),
    skipUTF8Validation: options.skipUTF8Validation ?? false,
    autoPong: options.autoPong ?? true,
    allowSynchronousEvents: options.allowSynchronousEvents ?? true,
    maxBackpressure: limit('maxBackpressure', options.maxBackpressure, DEFAULT_MAX_BACKPRESSURE),
    closeTimeout: milliseconds('closeTimeout', options.closeTimeout, DEFAULT_CLOSE_TIMEOUT),
  };
}

/** Zero stands for no limit. */
function limit(name: string, value: number | undefined, defaultValue: number): number {
  const resolved = nonNegative(name, value, defaultValue);
  return resolved === 0 ? Number.POSITIVE_INFINITY : resolved;
}

/** A duration that Node's timers can hold: they take more than 2^31 - 1 for 1. */
export function milliseconds(name: string, value: number | undefined, defaultValue: number): number {
  return Math.min(nonNegative(name, value, defaultValue), 0x7fff_ffff);
}

/** @throws TypeError or RangeError */
export function nonNegative(name: string, value: number | undefined, defaultValue: number): number {
  const resolved = value ?? defaultValue;
  if (typeof resolved !== 'number') throw invalidOption(TypeError, name, 'a number', resolved);
  if (!(resolved >= 0)) throw invalidOption(RangeError, name, 'zero or more', resolved);
  return resolved;
}

export function invalidOption(
  ErrorClass: typeof TypeError | typeof RangeError,
  name: string,
  wanted: string,
  got: unknown,
): Error {
  return Object.assign(new ErrorClass(`${name} must be ${wanted}, and is ${String(got)}`), {
    code: 'WS_ERR_INVALID_OPTION',
  });
}
