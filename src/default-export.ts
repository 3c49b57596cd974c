import type { IncomingMessage } from 'node:http';
import * as sse from './sse/index.ts';
import * as websocket from './websocket/index.ts';
import { WebSocket } from './websocket/index.ts';

/**
 * The WebSocket class with every other export as a member: the default export, and what `require('pushwire')` returns.
 * Code written for `const WebSocket = require('ws')` and `new WebSocket.Server(…)` runs with it.
 *
 * The call is marked, so a bundler drops it, and everything that it refers to, when the default export is not used. In such
 * a bundle, the class that is imported by its name has no members.
 */
const pushwire: typeof WebSocket & typeof websocket & typeof sse = /* @__PURE__ */ Object.assign(
  WebSocket,
  websocket,
  sse,
);
type pushwire = WebSocket;

/** The types that code written for `ws` finds on the class, such as `WebSocket.RawData`. */
declare namespace pushwire {
  export type AddressInfo = websocket.AddressInfo;
  export type CertMeta = websocket.CertMeta;
  export type ClientOptions = websocket.ClientOptions;
  export type CloseEvent = websocket.CloseEvent;
  export type Data = websocket.Data;
  export type ErrorEvent = websocket.ErrorEvent;
  export type Event = websocket.Event;
  export type EventListenerOptions = websocket.EventListenerOptions;
  export type FinishRequestCallback = websocket.FinishRequestCallback;
  export type MessageEvent = websocket.MessageEvent;
  export type PerMessageDeflateOptions = websocket.PerMessageDeflateOptions;
  export type RawData = websocket.RawData;
  export type WebSocket = websocket.WebSocket;
  export type WebSocketEventMap = websocket.WebSocketEventMap;
  export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> =
    websocket.VerifyClientCallbackAsync<Request>;
  export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> =
    websocket.VerifyClientCallbackSync<Request>;
  export type Server<
    Socket extends typeof websocket.WebSocket = typeof websocket.WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = websocket.Server<Socket, Request>;
  export type ServerOptions<
    Socket extends typeof websocket.WebSocket = typeof websocket.WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = websocket.ServerOptions<Socket, Request>;
  export type WebSocketServer<
    Socket extends typeof websocket.WebSocket = typeof websocket.WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = websocket.WebSocketServer<Socket, Request>;

  // The types of the classes and constants that are members.
  export type BrowserWebSocket = websocket.BrowserWebSocket;
  export type CloseCode = websocket.CloseCode;
  export type HandshakeError = websocket.HandshakeError;
  export type LimitError = websocket.LimitError;
  export type WebSocketError = websocket.WebSocketError;
  export type EventChannel<Context = undefined, Data = string> = sse.EventChannel<Context, Data>;
  export type EventParser = sse.EventParser;
  export type EventParserStream = sse.EventParserStream;
  export type EventSource = sse.EventSource;
  export type EventSourceErrorEvent = sse.EventSourceErrorEvent;
  export type EventStream<Data = string> = sse.EventStream<Data>;
  export type EventTooLargeError = sse.EventTooLargeError;
}

export { pushwire };
