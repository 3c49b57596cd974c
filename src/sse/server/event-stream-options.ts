import {
  DEFAULT_EVENT_STREAM_CLOSE_TIMEOUT,
  DEFAULT_EVENT_STREAM_HEARTBEAT,
  DEFAULT_EVENT_STREAM_MAX_BACKPRESSURE,
  DEFAULT_SHUTDOWN_TIMEOUT,
  DEFAULT_WRITE_TIMEOUT,
} from '../../shared/defaults.ts';
import { callHook } from '../../shared/handle-rejection.ts';
import { hookError, warnOnce } from '../../shared/hook-failure.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import type { OptionNames } from '../../shared/unknown-options.ts';
import { encodeEvent, type Serialize } from '../wire/event-encoder.ts';

/**
 * Options of a stream.
 *
 * @typeParam Data   the type of the data of the events
 * @typeParam Stream the class of the stream
 */
export interface OptionsOf<Data, Stream> {
  /**
   * Headers of the response, such as those of CORS. They replace the default headers of the same name; undefined removes
   * one. Default: none.
   */
  readonly headers?: Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined;
  /** The reconnection time to send first, in whole milliseconds (§9.2.6). Default: none, so that the client uses its own. */
  readonly retry?: number | undefined;
  /**
   * The milliseconds without an event until a comment is sent, so that no intermediary ends the stream; 0 for never.
   * Default: 15,000.
   */
  readonly heartbeat?: number | undefined;
  /**
   * The maximum number of bytes queued for a client that does not read, including the memory that holds them; 0 for no limit.
   * Default: 16 MiB.
   */
  readonly maxBackpressure?: number | undefined;
  /**
   * What happens when a new event would exceed `maxBackpressure`. `terminate` destroys the connection. `drop-oldest` drops the
   * oldest queued events. With a function, the new event is dropped, and the function is called, which may close the stream. If it
   * throws or rejects, the connection is destroyed, and the process warns once. The stream emits 'overflow' before it destroys the
   * connection or calls the function. Default: `terminate`.
   */
  readonly onBackpressure?: BackpressurePolicyOf<Stream> | undefined;
  /**
   * The milliseconds for which a client may read nothing while data waits for it; 0 for no limit. After that, the connection is
   * destroyed; over HTTP/2, only the stream, and each 16 KiB of a large event have this time. Default: 60,000.
   */
  readonly writeTimeout?: number | undefined;
  /**
   * The milliseconds that a client has to read the rest after `close()`. After that, the connection is destroyed; 0 for no
   * limit. Default: 30,000.
   */
  readonly closeTimeout?: number | undefined;
  /** Converts the data of each event to text, such as `JSON.stringify`. Default: none, so that data must be strings. */
  readonly serialize?: Serialize<Data> | undefined;
}

/** What happens when a new event would exceed `maxBackpressure`. */
export type BackpressurePolicyOf<Stream> = 'terminate' | 'drop-oldest' | ((stream: Stream) => void);

/** The headers of every response, which the application may replace. */
export const RESPONSE_HEADERS: Readonly<Record<string, string | undefined>> = {
  // Middleware may have set these for another body.
  'Content-Length': undefined,
  ETag: undefined,
  'Content-Type': 'text/event-stream',
  // `no-transform` prevents intermediaries from compressing the stream, and thereby from buffering it.
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers responses by default.
  'X-Accel-Buffering': 'no',
};

/**
 * Calls the function `onBackpressure`. If it fails, the connection is destroyed, as by default, and the first error emits a process
 * warning: a client that does not read must not be able to end the process.
 *
 * @internal
 */
export function callPolicy<Stream extends { terminate(): void }>(
  policy: (stream: Stream) => unknown,
  stream: Stream,
): void {
  callHook(
    () => policy(stream),
    (cause) => {
      warnOnce(callPolicy, hookError('SSE_ERR_HOOK_FAILED', 'onBackpressure', cause));
      stream.terminate();
    },
  );
}

const NAMES: OptionNames<OptionsOf<never, never>> = {
  headers: true,
  retry: true,
  heartbeat: true,
  maxBackpressure: true,
  onBackpressure: true,
  writeTimeout: true,
  closeTimeout: true,
  serialize: true,
};

const POLICIES = ['terminate', 'drop-oldest'] as const;

/** The options after validation. Times are in milliseconds. @internal */
export interface SettingsOf<Data, Stream> {
  readonly headers: NonNullable<OptionsOf<Data, Stream>['headers']>;
  /** The text that sends the reconnection time; an empty string if there is none. */
  readonly retryField: string;
  readonly heartbeat: number;
  readonly maxBackpressure: number;
  readonly onBackpressure: BackpressurePolicyOf<Stream>;
  readonly writeTimeout: number;
  readonly closeTimeout: number;
  readonly serialize: Serialize<Data> | undefined;
}

/**
 * Validates the options of an EventStream.
 *
 * @throws TypeError or RangeError with the code SSE_ERR_INVALID_OPTION
 *
 * @internal
 */
export function eventStreamSettings<Data, Stream>(
  given: OptionsOf<Data, Stream> | null | undefined,
): SettingsOf<Data, Stream> {
  const options = eventStreamOption.options('EventStream', given, NAMES);
  const { onBackpressure } = options;
  return {
    headers: eventStreamOption.object('headers', options.headers),
    retryField: encodeRetry(options.retry),
    heartbeat: eventStreamOption.milliseconds('heartbeat', options.heartbeat, DEFAULT_EVENT_STREAM_HEARTBEAT),
    maxBackpressure: eventStreamOption.limit(
      'maxBackpressure',
      options.maxBackpressure,
      DEFAULT_EVENT_STREAM_MAX_BACKPRESSURE,
      'bytes',
    ),
    onBackpressure:
      typeof onBackpressure === 'function'
        ? onBackpressure
        : eventStreamOption.oneOf('onBackpressure', onBackpressure, POLICIES, 'terminate', 'a function'),
    writeTimeout: eventStreamOption.milliseconds('writeTimeout', options.writeTimeout, DEFAULT_WRITE_TIMEOUT),
    closeTimeout: eventStreamOption.milliseconds(
      'closeTimeout',
      options.closeTimeout,
      DEFAULT_EVENT_STREAM_CLOSE_TIMEOUT,
    ),
    serialize: eventStreamOption.callback('serialize', options.serialize),
  };
}

function encodeRetry(retry: number | null | undefined): string {
  if (retry === undefined || retry === null) return '';
  return encodeEvent({ retry: eventStreamOption.integer('retry', retry, 0, Number.MAX_SAFE_INTEGER) });
}

const SHUTDOWN_NAMES = { timeout: true } as const;

/**
 * Returns the option `timeout` of `shutdown()`.
 *
 * @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION
 *
 * @internal
 */
export function shutdownTimeout(options: { readonly timeout?: number | undefined } | null | undefined): number {
  const { timeout } = eventStreamOption.options('shutdown()', options, SHUTDOWN_NAMES);
  return eventStreamOption.milliseconds('timeout', timeout, DEFAULT_SHUTDOWN_TIMEOUT);
}
