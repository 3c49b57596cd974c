import type { IncomingMessage } from 'node:http';
import { EventChannel, EventParser, EventParserStream, EventSource, EventStream, encodeEvent } from './sse/index.ts';
import type * as names from './websocket/index.ts';
import { BrowserWebSocket, createWebSocketStream, WebSocket, WebSocketServer } from './websocket/index.ts';

/**
 * The WebSocket class with everything else as its members: the default export, and what `require('pushwire')` returns.
 * Code written for `const WebSocket = require('ws')` and `new WebSocket.Server(…)` runs with it.
 *
 * This assignment refers to everything, so it has a module of its own, which a bundler leaves out when the default export
 * is not used (`sideEffects` in package.json). In such a bundle, the class that is imported by its name has no members.
 */
const pushwire: typeof WebSocket & {
  readonly WebSocket: typeof WebSocket;
  readonly Server: typeof WebSocketServer;
  readonly WebSocketServer: typeof WebSocketServer;
  readonly BrowserWebSocket: typeof BrowserWebSocket;
  readonly createWebSocketStream: typeof createWebSocketStream;
  readonly EventStream: typeof EventStream;
  readonly EventChannel: typeof EventChannel;
  readonly EventSource: typeof EventSource;
  readonly EventParser: typeof EventParser;
  readonly EventParserStream: typeof EventParserStream;
  readonly encodeEvent: typeof encodeEvent;
} = Object.assign(WebSocket, {
  WebSocket,
  Server: WebSocketServer,
  WebSocketServer,
  BrowserWebSocket,
  createWebSocketStream,
  EventStream,
  EventChannel,
  EventSource,
  EventParser,
  EventParserStream,
  encodeEvent,
});
type pushwire = WebSocket;

/** The types that code written for `ws` finds on the class, such as `WebSocket.RawData`. */
declare namespace pushwire {
  export type AddressInfo = names.AddressInfo;
  export type CertMeta = names.CertMeta;
  export type ClientOptions = names.ClientOptions;
  export type CloseEvent = names.CloseEvent;
  export type Data = names.Data;
  export type ErrorEvent = names.ErrorEvent;
  export type Event = names.Event;
  export type EventListenerOptions = names.EventListenerOptions;
  export type FinishRequestCallback = names.FinishRequestCallback;
  export type MessageEvent = names.MessageEvent;
  export type PerMessageDeflateOptions = names.PerMessageDeflateOptions;
  export type RawData = names.RawData;
  export type WebSocket = names.WebSocket;
  export type WebSocketEventMap = names.WebSocketEventMap;
  export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> =
    names.VerifyClientCallbackAsync<Request>;
  export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> =
    names.VerifyClientCallbackSync<Request>;
  export type Server<
    Socket extends typeof names.WebSocket = typeof names.WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = names.Server<Socket, Request>;
  export type ServerOptions<
    Socket extends typeof names.WebSocket = typeof names.WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = names.ServerOptions<Socket, Request>;
  export type WebSocketServer<
    Socket extends typeof names.WebSocket = typeof names.WebSocket,
    Request extends typeof IncomingMessage = typeof IncomingMessage,
  > = names.WebSocketServer<Socket, Request>;
}

export { pushwire };
