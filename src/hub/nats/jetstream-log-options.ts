import { DEFAULT_DUPLICATE_WINDOW, DEFAULT_LOG_LENGTH, DEFAULT_LOG_TIMEOUT } from '../../shared/defaults.ts';
import { hubOption } from '../../shared/option-validation.ts';
import { MAX_TIMER_DELAY } from '../../shared/timer-delay.ts';
import type { NatsConnection } from './nats-connection.ts';

export interface JetStreamLogOptions {
  /** The connection of the application, from `connect()` of `@nats-io/transport-node`. The log never closes it. */
  readonly connection: NatsConnection;
  /**
   * The name of the stream. The log creates it if it is missing; the options below apply only then. It stores the subject
   * `<stream>.events`. Processes tell each other about epochs and presence with `<stream>.epoch` and `<stream>.presence`.
   */
  readonly stream?: string | undefined;
  /** How many events the stream keeps. */
  readonly maxLength?: number | undefined;
  /** How many bytes the stream keeps: unlimited by default. */
  readonly maxBytes?: number | undefined;
  /** On how many servers of a cluster the stream is kept: 1 by default. */
  readonly replicas?: number | undefined;
  /** Whether the stream outlives a restart of the server: 'file' by default. */
  readonly storage?: 'file' | 'memory' | undefined;
  /** Milliseconds for which the server remembers an idempotency key. */
  readonly duplicateWindow?: number | undefined;
  /** Milliseconds until a request without an answer is rejected. */
  readonly timeout?: number | undefined;
  /** The same as the `inboxPrefix` of the connection, if that has one. */
  readonly inboxPrefix?: string | undefined;
}

/** The options of a log, with defaults. */
export interface LogSettings {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly maxLength: number;
  readonly maxBytes: number;
  readonly replicas: number;
  readonly storage: 'file' | 'memory';
  readonly duplicateWindow: number;
  readonly timeout: number;
  readonly inboxPrefix: string;
}

const CONNECTION = ['publish', 'subscribe', 'status', 'isClosed'];
const MAX_REPLICAS = 5;
/** JetStream's value for "unlimited". */
const UNLIMITED = -1;

/** @throws TypeError or RangeError with the code HUB_ERR_INVALID_OPTION */
export function logSettings(options: JetStreamLogOptions): LogSettings {
  const given = hubOption.object('options', options);
  const { maxLength = DEFAULT_LOG_LENGTH, maxBytes, replicas = 1 } = given;
  const { duplicateWindow = DEFAULT_DUPLICATE_WINDOW, timeout = DEFAULT_LOG_TIMEOUT } = given;
  const connection = hubOption.withMethods('connection', given.connection, CONNECTION, 'a connection to NATS');
  const stream = hubOption.string('stream', given.stream, 'pushwire');
  // A part of a subject, and of the name of a folder.
  if (!/^[\w-]{1,64}$/.test(stream)) {
    throw hubOption.error(RangeError, 'stream', '1 to 64 letters, digits, "_" and "-"', stream);
  }
  return {
    connection,
    stream,
    maxLength: hubOption.integer('maxLength', maxLength, 1, Number.MAX_SAFE_INTEGER),
    maxBytes: maxBytes === undefined ? UNLIMITED : hubOption.integer('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER),
    replicas: hubOption.integer('replicas', replicas, 1, MAX_REPLICAS),
    storage: hubOption.oneOf('storage', given.storage, ['file', 'memory'], 'file'),
    duplicateWindow: hubOption.integer('duplicateWindow', duplicateWindow, 0, MAX_TIMER_DELAY),
    timeout: hubOption.integer('timeout', timeout, 1, MAX_TIMER_DELAY),
    inboxPrefix: hubOption.string('inboxPrefix', given.inboxPrefix, '_INBOX'),
  };
}
