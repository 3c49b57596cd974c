/** Server-Sent Events, WHATWG HTML §9.2. */
export { EventSource, EventSourceErrorEvent, type EventSourceOptions } from './event-source.ts';
export {
  type BackpressurePolicy,
  EventStream,
  type EventStreamEvents,
  type EventStreamOptions,
} from './event-stream.ts';
export { type EventStreamEvent, encodeComment, encodeEvent } from './wire/event-encoder.ts';
export {
  EventParser,
  type EventParserOptions,
  type EventSink,
  EventTooLargeError,
  type ParsedEvent,
} from './wire/event-parser.ts';
