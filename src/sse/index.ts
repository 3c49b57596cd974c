/** Server-Sent Events, WHATWG HTML §9.2. */
export {
  type AddOptions,
  EventChannel,
  type EventChannelEvents,
  type EventChannelOptions,
  type EventFilter,
} from './event-channel.ts';

export { EventParserStream, type EventParserStreamOptions } from './event-parser-stream.ts';
export { EventSource, EventSourceErrorEvent, type EventSourceOptions } from './event-source.ts';
export type { FetchBody, FetchFunction, FetchInit, FetchReader, FetchResponse } from './event-source-request.ts';
export {
  type BackpressurePolicy,
  EventStream,
  type EventStreamEvents,
  type EventStreamOptions,
} from './event-stream.ts';
export { type EventStreamEvent, encodeComment, encodeEvent, type Serialize } from './wire/event-encoder.ts';
export {
  EventParser,
  type EventParserOptions,
  type EventSink,
  EventTooLargeError,
  type ParsedEvent,
} from './wire/event-parser.ts';
