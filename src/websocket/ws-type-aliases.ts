/** Names of @types/ws for types that have another name here. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { VerifyClientAsync, VerifyClientSync } from './server/verify-client.ts';
import type { MessageData } from './session/message-data.ts';
import type { WebSocket } from './websocket.ts';

/** A received message. */
export type RawData = MessageData;
/** The data of a MessageEvent. */
export type Data = string | MessageData;
/** Certificates, as the options of `tls.connect` accept them. */
export type CertMeta = string | string[] | Buffer | Buffer[];
/** The option `verifyClient` of a server, with one parameter. */
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = VerifyClientSync<Request>;
/** The option `verifyClient` of a server, with two parameters. */
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = VerifyClientAsync<Request>;
/** The option `finishRequest` of a client. */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

export type { AddressInfo } from 'node:net';
export type { EventListenerOptions } from './events/event-target-emitter.ts';
export { WebSocketServer as Server } from './server/websocket-server.ts';
export type { WebSocketEvent as Event } from './websocket-events.ts';
