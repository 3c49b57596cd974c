import {
  DEFAULT_HISTORY_AGE,
  DEFAULT_HISTORY_BYTES,
  DEFAULT_HISTORY_COUNT,
  DEFAULT_MAX_STREAMS,
} from '../../shared/defaults.ts';
import type { HistoryLimits } from '../../shared/history.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import type { OptionNames } from '../../shared/unknown-options.ts';
import { encodeEvent, type Serialize, type ServerSentEvent } from '../wire/event-encoder.ts';
import type { EventFilter } from './channel-member.ts';

/** Options of an EventChannel. */
export interface EventChannelOptions<Data = string> {
  /**
   * The maximum number of streams in the channel; 0 for no limit. A further stream is closed instead of added, and its client
   * reconnects later. To answer the request with 503, check `isFull` before you open a stream. Default: 0.
   */
  readonly maxStreams?: number | undefined;
  /**
   * The limits of the history for clients that reconnect. When one of them is exceeded, the oldest events are removed. Events
   * that a connected client has not read are kept longer, up to three times the `maxBackpressure` of its stream.
   */
  readonly history?:
    | {
        /** The number of events; 0 keeps none. Default: 1,000. */
        readonly count?: number | undefined;
        /** The bytes of memory that hold the events: for each, about 800 plus twice its text. 0 keeps none. Default: 4 MiB. */
        readonly bytes?: number | undefined;
        /**
         * The age of an event in milliseconds, since its broadcast; 0 keeps none. Older events are not replayed; they are removed with the
         * next broadcast. Default: 300,000.
         */
        readonly age?: number | undefined;
      }
    | undefined;
  /**
   * The event that a client receives instead of missed events if its last event ID is unknown or too old. A string is the type of
   * the event, whose data is the last event ID. A function receives the last event ID, and returns the event. Default: `reset`.
   */
  readonly reset?: string | ((lastEventId: string) => ServerSentEvent) | undefined;
  /** Converts the data of each event to text, such as `JSON.stringify`. Default: none, so that data must be strings. */
  readonly serialize?: Serialize<Data> | undefined;
}

/** Options of `channel.add()`. */
export interface AddOptions<Context, Data = string> {
  /** Decides which events the client may see. Default: all. */
  readonly filter?: EventFilter<Context, Data> | undefined;
  /**
   * The id of the last event that the client has received; an empty string for none: it receives only live events. A stream in
   * several channels needs this option in each of them, because a client has one last event ID. Default: its Last-Event-ID
   * header.
   */
  readonly lastEventId?: string | undefined;
}

/** Current values of a channel. */
export interface ChannelMetrics {
  /** The number of streams. */
  readonly streams: number;
  /** The number of streams that were closed because of `maxStreams`, since the channel was created. */
  readonly refused: number;
  /** Bytes of memory that hold data sent to the streams that the kernel has not accepted yet. */
  readonly sendMemory: number;
  /** The number of events in the history. */
  readonly historyEvents: number;
  /** Bytes of memory that hold the events in the history. */
  readonly historyMemory: number;
}

/** EventChannelOptions after validation. @internal */
export interface ChannelSettings<Data> {
  /** Infinity for no limit. */
  readonly maxStreams: number;
  readonly history: HistoryLimits;
  readonly serialize: Serialize<Data> | undefined;
  /** Creates the reset event for a last event ID. */
  readonly reset: (lastEventId: string) => ServerSentEvent;
}

const NAMES: OptionNames<EventChannelOptions> = { maxStreams: true, history: true, reset: true, serialize: true };

const HISTORY_NAMES: OptionNames<NonNullable<EventChannelOptions['history']>> = { count: true, bytes: true, age: true };

/** @internal */
export const ADD_NAMES: OptionNames<AddOptions<unknown>> = { filter: true, lastEventId: true };

/**
 * @param isSubclass whether the channel is one of a subclass, which may have options of its own
 * @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION
 * @internal
 */
export function eventChannelSettings<Data>(
  given: EventChannelOptions<Data>,
  isSubclass: boolean,
): ChannelSettings<Data> {
  const options = eventStreamOption.options('EventChannel', given, NAMES, 'options', isSubclass);
  const { count, bytes, age } = eventStreamOption.options('history', options.history, HISTORY_NAMES, 'history');
  const settings = {
    maxStreams: eventStreamOption.limit('maxStreams', options.maxStreams, DEFAULT_MAX_STREAMS),
    history: {
      count: eventStreamOption.nonNegative('history.count', count, DEFAULT_HISTORY_COUNT),
      bytes: eventStreamOption.nonNegative('history.bytes', bytes, DEFAULT_HISTORY_BYTES, 'bytes'),
      age: eventStreamOption.milliseconds('history.age', age, DEFAULT_HISTORY_AGE),
    },
    serialize: eventStreamOption.callback('serialize', options.serialize),
    reset: resetEvent(options.reset),
  };
  // An invalid event throws now, not when the first client needs it.
  encodeEvent(settings.reset(''));
  return settings;
}

/** Returns the function that creates the reset event for a last event ID. */
function resetEvent(reset: EventChannelOptions['reset'] | null): (lastEventId: string) => ServerSentEvent {
  if (typeof reset === 'function') return reset;
  const event = reset ?? 'reset';
  if (typeof event !== 'string') throw eventStreamOption.error(TypeError, 'reset', 'a string or a function', event);
  return (data) => ({ event, data });
}
