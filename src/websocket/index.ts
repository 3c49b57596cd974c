/** WebSocket (RFC 6455): server and client. */

export { type BrowserSendable, BrowserWebSocket } from './browser-websocket.ts';
export type { ConnectionError, WebSocketEmitterEvents } from './events/event-target-emitter.ts';
export { HandshakeError } from './handshake/handshake-error.ts';
export type { OriginPolicy } from './handshake/origin.ts';
export type { IteratedMessage } from './message-iterator.ts';
export type { ControlCallback, SendOptions } from './method-arguments.ts';
export type { WebSocketServerEvents } from './server/server-events.ts';
export type {
  BroadcastOptions,
  ServerOptions,
  ShutdownOptions,
} from './server/server-options.ts';
export type {
  VerifyCallback,
  VerifyClient,
  VerifyClientAsync,
  VerifyClientSync,
  VerifyInformation,
} from './server/verify-client.ts';
export { WebSocketServer } from './server/websocket-server.ts';
export type { PerMessageDeflateOptions } from './session/compression.ts';
export type { BinaryType, MessageData, Sendable } from './session/message-data.ts';
export type { Metrics } from './session/metrics.ts';
export type { SendCallback } from './session/send-callbacks.ts';
export type { WebSocketOptions } from './session/session-options.ts';
export { LimitError, WebSocketError } from './session/websocket-error.ts';
export { type ClientOptions, WebSocket } from './websocket.ts';
export { CloseEvent, ErrorEvent, MessageEvent, type WebSocketEventMap } from './websocket-events.ts';
export { createWebSocketStream } from './websocket-stream.ts';
export { CloseCode } from './wire/close-code.ts';
export * from './ws-type-aliases.ts';
