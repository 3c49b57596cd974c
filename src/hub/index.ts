/** The hub: topics for event streams and WebSockets, on a log that several processes can share. */

export type { AcceptOptions } from './accept-options.ts';
export type { HubEvent, HubFilter, HubMessage, HubReset } from './events/hub-event.ts';
export type { NewEvent } from './events/new-event.ts';
export { isTopic, isTopicFilter } from './events/topic.ts';
export { Hub, type HubEventMap } from './hub.ts';
export { HubError, type HubErrorCode } from './hub-error.ts';
export type { HubMetrics } from './hub-metrics.ts';
export type {
  EventStreamSubscribeOptions,
  HubOptions,
  HubShutdownOptions,
  SubscribeOptions,
  WebSocketSubscribeOptions,
} from './hub-options.ts';
export type { Appended, Log, LogEntry, LogRange, NewLogEntry, PresenceRecords, Tail, TailListener } from './log/log.ts';
export { MemoryLog, type MemoryLogOptions } from './log/memory-log.ts';
export type { EncodeForEventStream, EncodeForWebSocket, HubConnection } from './recipients/connection.ts';
