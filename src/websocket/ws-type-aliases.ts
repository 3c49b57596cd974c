/** The names that the types of `ws` (@types/ws) have for what has another one here. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { MessageData } from './event-target.ts';
import type { VerifyClientAsync, VerifyClientSync } from './server/server-options.ts';
import type { WebSocket } from './websocket.ts';

export type RawData = MessageData;
export type Data = string | MessageData;
export type CertMeta = string | string[] | Buffer | Buffer[];
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = VerifyClientSync<Request>;
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = VerifyClientAsync<Request>;
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

export type { AddressInfo } from 'node:net';
export type { EventListenerOptions, WebSocketEvent as Event } from './event-target.ts';
export { WebSocketServer as Server } from './server/websocket-server.ts';
