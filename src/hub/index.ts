/** The hub: topics for event streams and WebSockets, on a log that several processes can share. */

export type { AcceptOptions } from './accept-options.ts';
export { Hub, type HubEventMap } from './hub.ts';
export { HubError, type HubErrorCode } from './hub-error.ts';
export type { HubEvent, HubFilter, HubMessage, HubReset } from './hub-event.ts';
export type { HubMetrics } from './hub-metrics.ts';
export type {
  EventStreamSubscribeOptions,
  HubOptions,
  HubShutdownOptions,
  SubscribeOptions,
  WebSocketSubscribeOptions,
} from './hub-options.ts';
export type { Appended, Log, LogEntry, LogRange, NewLogEntry, PresenceRecords, Tail, TailListener } from './log.ts';
export { MemoryLog, type MemoryLogOptions } from './memory-log.ts';
export type { NewEvent } from './new-event.ts';
export type { EncodeForEventStream, EncodeForWebSocket, HubConnection } from './recipients/connection.ts';
export { isTopic, isTopicFilter } from './topic.ts';
