/** Names of @types/ws for types that have another name here. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { VerifyClientAsync, VerifyClientSync } from './server/server-options.ts';
import type { MessageData } from './session/message-data.ts';
import type { WebSocket } from './websocket.ts';

export type RawData = MessageData;
export type Data = string | MessageData;
export type CertMeta = string | string[] | Buffer | Buffer[];
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = VerifyClientSync<Request>;
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = VerifyClientAsync<Request>;
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

export type { AddressInfo } from 'node:net';
export type { EventListenerOptions } from './event-target.ts';
export { WebSocketServer as Server } from './server/websocket-server.ts';
export type { WebSocketEvent as Event } from './websocket-events.ts';
