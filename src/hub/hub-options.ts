import {
  DEFAULT_MAX_EVENT_BYTES,
  DEFAULT_MAX_TOPICS,
  DEFAULT_MAX_UNCONFIRMED_BYTES,
  DEFAULT_PRESENCE_INTERVAL,
  DEFAULT_PUBLISH_TIMEOUT,
  DEFAULT_RECENT_AGE,
  DEFAULT_RECENT_BYTES,
  DEFAULT_RECENT_COUNT,
  DEFAULT_SHUTDOWN_SPREAD,
  DEFAULT_SHUTDOWN_TIMEOUT,
} from '../shared/defaults.ts';
import type { HistoryLimits } from '../shared/history.ts';
import { hubOption } from '../shared/option-validation.ts';
import { MAX_TIMER_DELAY } from '../shared/timer-delay.ts';
import type { OptionNames } from '../shared/unknown-options.ts';
import type { HubFilter } from './events/hub-event.ts';
import type { Log } from './log/log.ts';
import { MemoryLog } from './log/memory-log.ts';
import type { EncodeForEventStream, EncodeForWebSocket } from './recipients/connection.ts';

/** Options of a Hub. */
export interface HubOptions {
  /** The log of the events. Default: a MemoryLog, for one process. */
  log?: Log | undefined;
  /**
   * The latest events that this process keeps in memory, for clients that were away for a short while. When one of the limits is
   * exceeded, the oldest events are removed. Older events are read from the log.
   */
  recent?:
    | {
        /** The number of events; 0 keeps none. Default: 10,000. */
        count?: number | undefined;
        /** The bytes of memory that hold the events: for each, about 2,600 plus six times its text. 0 keeps none. Default: 32 MiB. */
        bytes?: number | undefined;
        /** The age of an event in milliseconds, since this process received it; 0 keeps none. Default: 300,000. */
        age?: number | undefined;
      }
    | undefined;
  /** The maximum number of bytes of JSON text in the data of an event. A larger event is not published. Default: 512 KiB. */
  maxEventBytes?: number | undefined;
  /**
   * The maximum number of bytes of memory that hold events that the log has not confirmed: for each, about 1,000 plus its JSON text;
   * 0 for no limit. If it is exceeded, `publish()` rejects with HUB_ERR_TOO_MANY_UNCONFIRMED. Default: 16 MiB.
   */
  maxUnconfirmedBytes?: number | undefined;
  /**
   * Milliseconds within which the log must confirm an event; 0 for no limit. After that, `publish()` rejects with
   * HUB_ERR_OUTCOME_UNKNOWN. Default: 30,000.
   */
  publishTimeout?: number | undefined;
  /** The maximum number of topic filters of a subscriber; 0 for no limit. `subscribe()` throws beyond it. Default: 100. */
  maxTopics?: number | undefined;
  /**
   * The interval in milliseconds at which this process writes the numbers of its subscribers to the engine of the log, for
   * `totalCount()`; 0 for never. A record expires after three intervals. Default: 0.
   */
  presenceInterval?: number | undefined;
}

/** Options of `hub.subscribe()`. */
export interface SubscribeOptions<Data> {
  /**
   * The id of the last event that the client has received. The client receives all later events. With an empty string, it receives
   * only new events. Default: the Last-Event-ID header of an event stream; an empty string for a WebSocket.
   */
  lastEventId?: string | undefined;
  /** Decides which events of its topics the client may see, live or from the log. Default: all. */
  filter?: HubFilter<Data> | undefined;
}

/** Options of `hub.subscribe()` for an event stream. */
export interface EventStreamSubscribeOptions<Data> extends SubscribeOptions<Data> {
  /**
   * Returns the event to send; the hub adds the id. Called once for each event and function. Default: the event type, and the data: a
   * string unchanged, any other value as JSON.
   */
  encode?: EncodeForEventStream<Data> | undefined;
}

/** Options of `hub.subscribe()` for a WebSocket. */
export interface WebSocketSubscribeOptions<Data> extends SubscribeOptions<Data> {
  /**
   * Returns the message to send, text or bytes. Called once for each event and function. Default: the JSON text
   * `{ "id", "topic", "event", "data" }`.
   */
  encode?: EncodeForWebSocket<Data> | undefined;
}

/** Options of `hub.shutdown()`. */
export interface HubShutdownOptions {
  /**
   * Milliseconds, in addition to `spread`, after which connections that are still open are terminated. The hub first waits until the
   * log has confirmed all published events, for at most half of `timeout`. Default: 10,000.
   */
  timeout?: number | undefined;
  /** Milliseconds within which the connections are closed at random times, so that not all clients reconnect at once. Default: 0. */
  spread?: number | undefined;
  /** The close code that WebSockets receive: 1012, "service restart", asks clients to reconnect. Default: 1001. */
  closeCode?: 1001 | 1012 | undefined;
  /** The reconnection time in milliseconds to send to event streams before they end. Default: none, so that clients keep theirs. */
  retry?: number | undefined;
}

/** HubOptions after validation. Infinity for no limit. @internal */
export interface HubSettings {
  readonly log: Log;
  readonly recent: HistoryLimits;
  readonly maxEventBytes: number;
  readonly maxUnconfirmedBytes: number;
  readonly publishTimeout: number;
  readonly maxTopics: number;
  readonly presenceInterval: number;
}

const NAMES: OptionNames<HubOptions> = {
  log: true,
  recent: true,
  maxEventBytes: true,
  maxUnconfirmedBytes: true,
  publishTimeout: true,
  maxTopics: true,
  presenceInterval: true,
};

const RECENT_NAMES: OptionNames<NonNullable<HubOptions['recent']>> = { count: true, bytes: true, age: true };

/** @internal */
export const SUBSCRIBE_NAMES: OptionNames<EventStreamSubscribeOptions<unknown>> = {
  lastEventId: true,
  filter: true,
  encode: true,
};

const SHUTDOWN_NAMES: OptionNames<HubShutdownOptions> = {
  timeout: true,
  spread: true,
  closeCode: true,
  retry: true,
};

/** @param isSubclass whether the hub is one of a subclass, which may have options of its own @internal */
export function hubSettings(options: HubOptions, isSubclass: boolean): HubSettings {
  const given = hubOption.options('Hub', options, NAMES, 'options', isSubclass);
  // A log in place of the options would be ignored, and each process would have a MemoryLog of its own.
  if ('append' in given) throw hubOption.error(TypeError, 'options', 'an object with the option log', options);
  const { count, bytes, age } = hubOption.options('recent', given.recent, RECENT_NAMES, 'recent');
  const log = given.log ?? new MemoryLog();
  const methods = ['append', 'read', 'range', 'tail', 'compare', 'close'];
  return {
    log: hubOption.withMethods('log', log, methods, 'a Log'),
    recent: {
      count: hubOption.nonNegative('recent.count', count, DEFAULT_RECENT_COUNT),
      bytes: hubOption.nonNegative('recent.bytes', bytes, DEFAULT_RECENT_BYTES, 'bytes'),
      age: hubOption.milliseconds('recent.age', age, DEFAULT_RECENT_AGE),
    },
    maxEventBytes: hubOption.nonNegative('maxEventBytes', given.maxEventBytes, DEFAULT_MAX_EVENT_BYTES, 'bytes'),
    maxUnconfirmedBytes: hubOption.limit(
      'maxUnconfirmedBytes',
      given.maxUnconfirmedBytes,
      DEFAULT_MAX_UNCONFIRMED_BYTES,
      'bytes',
    ),
    publishTimeout: hubOption.milliseconds('publishTimeout', given.publishTimeout, DEFAULT_PUBLISH_TIMEOUT),
    maxTopics: hubOption.limit('maxTopics', given.maxTopics, DEFAULT_MAX_TOPICS),
    presenceInterval: hubOption.milliseconds('presenceInterval', given.presenceInterval, DEFAULT_PRESENCE_INTERVAL),
  };
}

/** HubShutdownOptions after validation. @internal */
export interface HubShutdownSettings {
  readonly timeout: number;
  readonly spread: number;
  readonly closeCode: 1001 | 1012;
  readonly retry: number | undefined;
}

/** @internal */
export function hubShutdownSettings(options: HubShutdownOptions): HubShutdownSettings {
  const { timeout, spread, closeCode, retry } = hubOption.options('shutdown()', options, SHUTDOWN_NAMES);
  return {
    timeout: hubOption.milliseconds('timeout', timeout, DEFAULT_SHUTDOWN_TIMEOUT),
    spread: hubOption.milliseconds('spread', spread, DEFAULT_SHUTDOWN_SPREAD),
    closeCode: hubOption.oneOf('closeCode', closeCode, [1001, 1012], 1001),
    retry: retry === undefined || retry === null ? undefined : hubOption.integer('retry', retry, 0, MAX_TIMER_DELAY),
  };
}
