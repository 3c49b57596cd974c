/** WebSocket, RFC 6455: server and client. */
export { HandshakeError, LimitError, WebSocketError } from '../errors.ts';
export { type BrowserSendable, BrowserWebSocket } from './browser-websocket.ts';
export type { ClientOptions } from './client-options.ts';
export type { PerMessageDeflateOptions } from './compression.ts';
export {
  CloseEvent,
  ErrorEvent,
  type MessageData,
  MessageEvent,
  type WebSocketEventMap,
  type WebSocketEvents,
} from './event-target.ts';
export type { OriginPolicy } from './handshake/origin.ts';
export type { BinaryType, Sendable } from './message-data.ts';
export type { IteratedMessage } from './message-iterator.ts';
export * from './names-of-ws.ts';
export { WebSocketServer } from './server.ts';
export type {
  BroadcastOptions,
  ServerEvents,
  ServerOptions,
  ShutdownOptions,
  VerifyCallback,
  VerifyClient,
  VerifyClientAsync,
  VerifyClientSync,
  VerifyInformation,
} from './server-options.ts';
export type { SendCallback } from './session.ts';
export { createWebSocketStream } from './stream.ts';
export type { Metrics } from './supervisor.ts';
export { type SendOptions, WebSocket } from './websocket.ts';
export { CloseCode } from './wire/close-code.ts';
