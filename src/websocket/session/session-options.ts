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
import { webSocketOption } from '../../shared/option-validation.ts';
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

/** @throws TypeError or RangeError for an invalid option */
export function supervisorOptions(options: SupervisionOptions, heartbeatInterval: number): SupervisorOptions {
  return {
    heartbeatInterval: webSocketOption.milliseconds('heartbeatInterval', options.heartbeatInterval, heartbeatInterval),
    heartbeatTimeout: webSocketOption.milliseconds(
      'heartbeatTimeout',
      options.heartbeatTimeout,
      DEFAULT_HEARTBEAT_TIMEOUT,
    ),
    messageTimeout: webSocketOption.milliseconds('messageTimeout', options.messageTimeout, DEFAULT_MESSAGE_TIMEOUT),
    maxReceiveMemory: webSocketOption.limit(
      'maxReceiveMemory',
      options.maxReceiveMemory,
      DEFAULT_MAX_RECEIVE_MEMORY,
      'bytes',
    ),
  };
}

/** @throws TypeError or RangeError for an invalid option */
export function sessionOptions(options: WebSocketOptions): SessionOptions {
  return {
    maxPayload: webSocketOption.limit('maxPayload', options.maxPayload, DEFAULT_MAX_PAYLOAD, 'bytes'),
    maxFragments: webSocketOption.limit('maxFragments', options.maxFragments, DEFAULT_MAX_FRAGMENTS),
    maxBufferedChunks: webSocketOption.limit(
      'maxBufferedChunks',
      options.maxBufferedChunks,
      DEFAULT_MAX_BUFFERED_CHUNKS,
    ),
    skipUTF8Validation: webSocketOption.boolean('skipUTF8Validation', options.skipUTF8Validation, false),
    autoPong: webSocketOption.boolean('autoPong', options.autoPong, true),
    allowSynchronousEvents: webSocketOption.boolean('allowSynchronousEvents', options.allowSynchronousEvents, true),
    maxBackpressure: webSocketOption.limit(
      'maxBackpressure',
      options.maxBackpressure,
      DEFAULT_MAX_BACKPRESSURE,
      'bytes',
    ),
    closeTimeout: webSocketOption.milliseconds('closeTimeout', options.closeTimeout, DEFAULT_CLOSE_TIMEOUT),
  };
}
