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
import type { ConnectionOptions } from '../wire/connection-sink.ts';
import type { SupervisorOptions } from './supervisor.ts';

/** Options of every WebSocket, on a server or a client. */
export interface WebSocketOptions {
  /**
   * The maximum size of a message in bytes, after decompression; 0 for no limit. A larger one fails the connection with
   * 1009. Default: 16 MiB. RFC 6455 §10.4.
   */
  maxPayload?: number | undefined;
  /**
   * The maximum number of fragments in a message; 0 for no limit. More fail the connection with 1008. Default: 16,384.
   * RFC 6455 §10.4.
   */
  maxFragments?: number | undefined;
  /**
   * The maximum number of chunks in which a message may arrive before it is complete; 0 for no limit. More fail the
   * connection with 1008. Default: 262,144. RFC 6455 §10.4.
   */
  maxBufferedChunks?: number | undefined;
  /** Whether to accept text and close reasons that are not valid UTF-8, contrary to RFC 6455 §8.1. Default: false. */
  skipUTF8Validation?: boolean | undefined;
  /** Whether to answer pings (RFC 6455 §5.5.2). Default: true. */
  autoPong?: boolean | undefined;
  /**
   * Accepted for compatibility with `ws`; it has no effect, because pongs are not queued: only the latest ping waits for its pong
   * (RFC 6455 §5.5.3). Default: none.
   */
  maxPendingAutoPongs?: number | undefined;
  /**
   * Whether 'message', 'ping' and 'pong' may be emitted several times in one turn of the event loop. The reactions of a
   * Promise may then run after the next event. With false, events are emitted as in browsers, which is slower.
   * Default: true.
   */
  allowSynchronousEvents?: boolean | undefined;
  /**
   * The maximum memory in bytes of the data queued for a peer that does not read; 0 for no limit. When exceeded, the next
   * message is not sent, and the connection is terminated with a LimitError. A single message may exceed the limit. Within one
   * turn of the event loop, in which the peer cannot read, three times the limit may be queued. Default: 16 MiB.
   */
  maxBackpressure?: number | undefined;
  /**
   * Milliseconds from the start of the closing handshake until the transport is destroyed; 0 destroys it at once.
   * Default: 30,000. RFC 6455 §7.1.1.
   */
  closeTimeout?: number | undefined;
}

/** Options of the heartbeat, which detects peers that are gone. */
export interface HeartbeatOptions {
  /**
   * Milliseconds of silence after which a ping is sent; 0 for never. Default: 30,000 on a server, 0 on a client.
   * RFC 6455 §5.5.2.
   */
  heartbeatInterval?: number | undefined;
  /**
   * Milliseconds of silence after the ping of `heartbeatInterval` until the connection is terminated with a LimitError; 0 for never.
   * Default: 30,000.
   */
  heartbeatTimeout?: number | undefined;
}

/** Options of a server for the supervision of its connections. */
export interface SupervisionOptions extends HeartbeatOptions {
  /**
   * Milliseconds of silence within an unfinished message until the connection fails with 1008; 0 for never.
   * Default: 60,000.
   */
  messageTimeout?: number | undefined;
  /**
   * The maximum of `receiveMemory` of the metrics: the memory in bytes of undelivered data of all connections; 0 for no limit. When
   * exceeded, one connection fails with 1013: the one that has made no progress for the longest time, of those that hold at least half
   * of a fair share. Default: 256 MiB.
   */
  maxReceiveMemory?: number | undefined;
}

/** WebSocketOptions after validation. An absent limit is Infinity. @internal */
export interface SessionOptions extends ConnectionOptions {
  /** In bytes. */
  readonly maxBackpressure: number;
  /** In milliseconds. */
  readonly closeTimeout: number;
  readonly allowSynchronousEvents: boolean;
}

/** @throws TypeError or RangeError for an invalid option @internal */
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

/** @throws TypeError or RangeError for an invalid option @internal */
export function sessionOptions(options: WebSocketOptions): SessionOptions {
  webSocketOption.nonNegative('maxPendingAutoPongs', options.maxPendingAutoPongs, Number.POSITIVE_INFINITY);
  return {
    maxPayload: webSocketOption.limit('maxPayload', options.maxPayload, DEFAULT_MAX_PAYLOAD, 'bytes'),
    maxFragments: webSocketOption.limit('maxFragments', options.maxFragments, DEFAULT_MAX_FRAGMENTS),
    maxBufferedChunks: webSocketOption.limit(
      'maxBufferedChunks',
      options.maxBufferedChunks,
      DEFAULT_MAX_BUFFERED_CHUNKS,
    ),
    skipUTF8Validation: webSocketOption.flag('skipUTF8Validation', options.skipUTF8Validation, false),
    autoPong: webSocketOption.flag('autoPong', options.autoPong, true),
    allowSynchronousEvents: webSocketOption.flag('allowSynchronousEvents', options.allowSynchronousEvents, true),
    maxBackpressure: webSocketOption.limit(
      'maxBackpressure',
      options.maxBackpressure,
      DEFAULT_MAX_BACKPRESSURE,
      'bytes',
    ),
    closeTimeout: webSocketOption.milliseconds('closeTimeout', options.closeTimeout, DEFAULT_CLOSE_TIMEOUT),
  };
}
