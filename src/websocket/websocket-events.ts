/** The event classes as a WebSocket dispatches them: with itself as the target. */
import type * as emitted from './events/emitted-event.ts';
import * as events from './events/event-classes.ts';
import type { WebSocket } from './websocket.ts';

/** An event of a WebSocket. */
export interface WebSocketEvent extends emitted.WebSocketEvent<WebSocket> {}

// The names differ from those of the classes: a bundler would rename the classes, whose names users see.

/** A message was received (HTML §9.1). */
interface WebSocketMessageEvent extends events.MessageEvent<WebSocket> {}
const WebSocketMessageEvent: new (type: string, init?: events.MessageEventInit) => WebSocketMessageEvent =
  events.MessageEvent;

/** The connection is closed (WHATWG WebSockets §6). */
interface WebSocketCloseEvent extends events.CloseEvent<WebSocket> {}
const WebSocketCloseEvent: new (type: string, init?: events.CloseEventInit) => WebSocketCloseEvent = events.CloseEvent;

/** The connection failed. */
interface WebSocketErrorEvent extends events.ErrorEvent<WebSocket> {}
const WebSocketErrorEvent: new (type: string, init?: events.ErrorEventInit) => WebSocketErrorEvent = events.ErrorEvent;

export { WebSocketCloseEvent as CloseEvent, WebSocketErrorEvent as ErrorEvent, WebSocketMessageEvent as MessageEvent };

/** The events of the WHATWG interface of WebSocket. */
export interface WebSocketEventMap extends events.EventMap<WebSocket> {
  /** The connection is open. */
  open: WebSocketEvent;
  /** A message was received. */
  message: WebSocketMessageEvent;
  /** The connection is closed. */
  close: WebSocketCloseEvent;
  /** The connection failed; 'close' follows. */
  error: WebSocketErrorEvent;
}
