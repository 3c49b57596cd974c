/** The event classes as a WebSocket dispatches them: with itself as the target. */
import * as events from './event-classes.ts';
import type { WebSocket } from './websocket.ts';

/** An event of a WebSocket. */
export type WebSocketEvent = events.WebSocketEvent<WebSocket>;

/** A message was received (HTML §9.1). */
export type MessageEvent = events.MessageEvent<WebSocket>;
export const MessageEvent: new (type: string, init?: events.MessageEventInit) => MessageEvent = events.MessageEvent;

/** The connection is closed (WHATWG WebSockets §6). */
export type CloseEvent = events.CloseEvent<WebSocket>;
export const CloseEvent: new (type: string, init?: events.CloseEventInit) => CloseEvent = events.CloseEvent;

/** The connection failed. */
export type ErrorEvent = events.ErrorEvent<WebSocket>;
export const ErrorEvent: new (type: string, init?: events.ErrorEventInit) => ErrorEvent = events.ErrorEvent;

/** The events of the WHATWG interface of WebSocket. */
export interface WebSocketEventMap extends events.EventMap<WebSocket> {}
