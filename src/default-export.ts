import { EventParser, EventSource, EventStream, encodeEvent } from './sse/index.ts';
import { createWebSocketStream, WebSocket, WebSocketServer } from './websocket/index.ts';

/**
 * The WebSocket class with everything else as its members: what `require('pushwire')` gives, so that code written as
 * `const WebSocket = require('ws')` and `new WebSocket.Server(…)` runs.
 */
const pushwire: typeof WebSocket & {
  readonly WebSocket: typeof WebSocket;
  readonly Server: typeof WebSocketServer;
  readonly WebSocketServer: typeof WebSocketServer;
  readonly createWebSocketStream: typeof createWebSocketStream;
  readonly EventStream: typeof EventStream;
  readonly EventSource: typeof EventSource;
  readonly EventParser: typeof EventParser;
  readonly encodeEvent: typeof encodeEvent;
} = Object.assign(WebSocket, {
  WebSocket,
  Server: WebSocketServer,
  WebSocketServer,
  createWebSocketStream,
  EventStream,
  EventSource,
  EventParser,
  encodeEvent,
});
type pushwire = WebSocket;

export { pushwire };
