/** The hub: topics for event streams and WebSockets, on a log that several processes can share. */

export type { HubFilter } from './delivery/subscriber.ts';
export { Hub, type HubConnection, type HubEventMap } from './hub.ts';
export { HubError, type HubErrorCode } from './hub-error.ts';
export type { HubEvent } from './hub-event.ts';
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
export type { NewEvent } from './publisher.ts';
export type { EncodeForEventStream } from './recipients/event-stream-recipient.ts';
export type { EncodeForWebSocket } from './recipients/websocket-recipient.ts';
export type { AcceptOptions } from './subscription.ts';
