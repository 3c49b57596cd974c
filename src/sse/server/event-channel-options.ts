import { DEFAULT_HISTORY_AGE, DEFAULT_HISTORY_BYTES, DEFAULT_HISTORY_COUNT } from '../../shared/defaults.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import type { Serialize, ServerSentEvent } from '../wire/event-encoder.ts';
import type { EventFilter } from './channel-member.ts';
import type { HistoryLimits } from './event-history.ts';

/** Options of an EventChannel. */
export interface EventChannelOptions<Data = string> {
  /**
   * The limits of the history for clients that reconnect. When one of them is exceeded, the oldest events are removed. Events
   * that a connected client has not read are kept longer, up to three times the `maxBackpressure` of its stream.
   */
  readonly history?:
    | {
        /** The number of events; 0 keeps none. Default: 1,000. */
        readonly count?: number | undefined;
        /** The bytes of memory that hold the events: about 800 for each, and twice its text. 0 keeps none. Default: 4 MiB. */
        readonly bytes?: number | undefined;
        /**
         * The milliseconds since the broadcast of an event; 0 keeps none. Older events are not replayed; they are removed with the
         * next broadcast. Default: 300,000.
         */
        readonly age?: number | undefined;
      }
    | undefined;
  /**
   * The event that a client receives instead of missed events if its last event ID is unknown or too old: the event type, for
   * an event with the last event ID as its data; or a function that returns the event for a last event ID. Default: `reset`.
   */
  readonly reset?: string | ((lastEventId: string) => ServerSentEvent) | undefined;
  /** Converts the data of each event to text, such as `JSON.stringify`. Default: none, so that data must be strings. */
  readonly serialize?: Serialize<Data> | undefined;
}

/** Options of `channel.add()`. */
export interface AddOptions<Context, Data = string> {
  /** Decides which events the client may see. Default: all. */
  readonly filter?: EventFilter<Context, Data> | undefined;
  /** The id of the last event that the client has received; an empty string for none. Default: its Last-Event-ID header. */
  readonly lastEventId?: string | undefined;
}

/** What a channel holds now. */
export interface ChannelMetrics {
  /** The number of streams. */
  readonly streams: number;
  /** Bytes of memory that hold what was sent to the streams and has not reached the kernel. */
  readonly sendMemory: number;
  /** The number of events in the history. */
  readonly historyEvents: number;
  /** Bytes of memory that hold the events in the history. */
  readonly historyMemory: number;
}

/**
 * Returns the option `history` of a channel.
 *
 * @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION
 */
export function historyLimits({ history }: Pick<EventChannelOptions, 'history'>): HistoryLimits {
  const { count, bytes, age } = eventStreamOption.object('history', history);
  return {
    count: eventStreamOption.nonNegative('history.count', count, DEFAULT_HISTORY_COUNT),
    bytes: eventStreamOption.nonNegative('history.bytes', bytes, DEFAULT_HISTORY_BYTES, 'bytes'),
    age: eventStreamOption.milliseconds('history.age', age, DEFAULT_HISTORY_AGE),
  };
}
