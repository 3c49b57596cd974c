/** Server-Sent Events, WHATWG HTML §9.2. */

export { EventParserStream, type EventParserStreamOptions } from './client/event-parser-stream.ts';
export { EventSource } from './client/event-source.ts';
export { EventSourceErrorEvent } from './client/event-source-error-event.ts';
export type { EventSourceOptions, ReconnectionReason } from './client/event-source-options.ts';
export type { FetchBody, FetchFunction, FetchInit, FetchReader, FetchResponse } from './client/fetch-request.ts';
export type { EventFilter } from './server/channel-member.ts';
export { EventChannel, type EventChannelEventMap } from './server/event-channel.ts';
export type { AddOptions, ChannelMetrics, EventChannelOptions } from './server/event-channel-options.ts';
export {
  type BackpressurePolicy,
  EventStream,
  type EventStreamEventMap,
  type EventStreamOptions,
} from './server/event-stream.ts';
export { encodeComment, encodeEvent, type Serialize, type ServerSentEvent } from './wire/event-encoder.ts';
export {
  EventParser,
  type EventParserOptions,
  type EventSink,
  EventTooLargeError,
  type ParsedEvent,
} from './wire/event-parser.ts';
