/** WebSocket, RFC 6455: server and client. */

export { type BrowserSendable, BrowserWebSocket } from './browser-websocket.ts';
export type { ClientOptions } from './client/client-options.ts';
export {
  CloseEvent,
  ErrorEvent,
  type MessageData,
  MessageEvent,
  type WebSocketEmitterEvents,
  type WebSocketEventMap,
} from './event-target.ts';
export type { OriginPolicy } from './handshake/origin.ts';
export type { IteratedMessage } from './message-iterator.ts';
export type {
  BroadcastOptions,
  ServerOptions,
  ShutdownOptions,
  VerifyCallback,
  VerifyClient,
  VerifyClientAsync,
  VerifyClientSync,
  VerifyInformation,
  WebSocketServerEvents,
} from './server/server-options.ts';
export { WebSocketServer } from './server/websocket-server.ts';
export type { PerMessageDeflateOptions } from './session/compression.ts';
export { HandshakeError, LimitError, WebSocketError } from './session/errors.ts';
export type { BinaryType, Sendable } from './session/message-data.ts';
export type { SendCallback } from './session/session.ts';
export type { Metrics } from './session/supervisor.ts';
export { type SendOptions, WebSocket } from './websocket.ts';
export { createWebSocketStream } from './websocket-stream.ts';
export { CloseCode } from './wire/close-code.ts';
export * from './ws-type-aliases.ts';
