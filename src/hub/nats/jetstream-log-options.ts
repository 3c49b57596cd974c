import {
  DEFAULT_JETSTREAM_DUPLICATE_WINDOW,
  DEFAULT_JETSTREAM_MAX_LENGTH,
  DEFAULT_JETSTREAM_TIMEOUT,
} from '../../shared/defaults.ts';
import { hubOption } from '../../shared/option-validation.ts';
import { MAX_TIMER_DELAY } from '../../shared/timer-delay.ts';
import type { OptionNames } from '../../shared/unknown-options.ts';
import type { NatsConnection } from './nats-connection.ts';

/** Options of a JetStreamLog. */
export interface JetStreamLogOptions {
  /** The connection of the application, from `connect()` of `@nats-io/transport-node`. The log never closes it. */
  readonly connection: NatsConnection;
  /**
   * The name of the stream. The log creates the stream if it is missing. `maxLength`, `maxBytes`, `replicas`, `storage` and
   * `duplicateWindow` apply only then. The stream stores the subject `<stream>.events`. Processes notify each other of epochs and
   * presence on `<stream>.epoch` and `<stream>.presence`.
   * Default: "pushwire".
   */
  readonly stream?: string | undefined;
  /** The maximum number of events in the stream. Default: 100,000. */
  readonly maxLength?: number | undefined;
  /** The maximum number of bytes in the stream. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** The number of servers of a cluster that keep the stream, 1 to 5. Default: 1. */
  readonly replicas?: number | undefined;
  /** Where the server stores the stream: in a file, or in memory, which is lost when the server restarts. Default: 'file'. */
  readonly storage?: 'file' | 'memory' | undefined;
  /** Milliseconds for which the server remembers an idempotency key. Default: 120,000. */
  readonly duplicateWindow?: number | undefined;
  /** Milliseconds until a request without an answer is rejected. Default: 5,000. */
  readonly timeout?: number | undefined;
  /** The option `inboxPrefix` of the connection, if it is set there. Default: "_INBOX". */
  readonly inboxPrefix?: string | undefined;
}

/** The options of a log, with defaults. */
export interface LogSettings {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly maxLength: number;
  readonly maxBytes: number | undefined;
  readonly replicas: number | undefined;
  readonly storage: 'file' | 'memory';
  readonly duplicateWindow: number;
  readonly timeout: number;
  readonly inboxPrefix: string;
}

const NAMES: OptionNames<JetStreamLogOptions> = {
  connection: true,
  stream: true,
  maxLength: true,
  maxBytes: true,
  replicas: true,
  storage: true,
  duplicateWindow: true,
  timeout: true,
  inboxPrefix: true,
};

const CONNECTION = ['publish', 'subscribe', 'status', 'isClosed'];
const MAX_REPLICAS = 5;
/** The shortest `duplicateWindow` that the server accepts, in milliseconds. */
const MIN_DUPLICATE_WINDOW = 100;

/** @throws TypeError or RangeError with the code HUB_ERR_INVALID_OPTION */
export function logSettings(options: JetStreamLogOptions): LogSettings {
  const given = hubOption.options('JetStreamLog', options, NAMES);
  const { maxLength = DEFAULT_JETSTREAM_MAX_LENGTH } = given;
  const { maxBytes, replicas } = given;
  const { duplicateWindow = DEFAULT_JETSTREAM_DUPLICATE_WINDOW, timeout = DEFAULT_JETSTREAM_TIMEOUT } = given;
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
    maxBytes: maxBytes === undefined ? undefined : hubOption.integer('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER),
    replicas: replicas === undefined ? undefined : hubOption.integer('replicas', replicas, 1, MAX_REPLICAS),
    storage: hubOption.oneOf('storage', given.storage, ['file', 'memory'], 'file'),
    duplicateWindow: hubOption.integer('duplicateWindow', duplicateWindow, MIN_DUPLICATE_WINDOW, MAX_TIMER_DELAY),
    timeout: hubOption.integer('timeout', timeout, 1, MAX_TIMER_DELAY),
    inboxPrefix: hubOption.string('inboxPrefix', given.inboxPrefix, '_INBOX'),
  };
}
