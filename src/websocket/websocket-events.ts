/** The event classes as a WebSocket dispatches them: with itself as the target. */
import * as events from './events.ts';
import type { WebSocket } from './websocket.ts';

export type WebSocketEvent = events.WebSocketEvent<WebSocket>;

export type MessageEvent = events.MessageEvent<WebSocket>;
export const MessageEvent: new (type: string, init?: events.MessageEventInit) => MessageEvent = events.MessageEvent;

export type CloseEvent = events.CloseEvent<WebSocket>;
export const CloseEvent: new (type: string, init?: events.CloseEventInit) => CloseEvent = events.CloseEvent;

export type ErrorEvent = events.ErrorEvent<WebSocket>;
export const ErrorEvent: new (type: string, init?: events.ErrorEventInit) => ErrorEvent = events.ErrorEvent;

/** The events of the WHATWG interface of WebSocket. */
export interface WebSocketEventMap extends events.EventMap<WebSocket> {}
