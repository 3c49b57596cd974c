import type { EventStream, ServerSentEvent } from '../../sse/index.ts';
import type { WebSocket } from '../../websocket/index.ts';
import type { HubEvent } from '../events/hub-event.ts';

// biome-ignore lint/suspicious/noExplicitAny: the application may send data of another type to the stream
export type AnyEventStream = EventStream<any>;

/** A connection that can subscribe to topics. */
export type HubConnection = AnyEventStream | WebSocket;

/** Returns the event to send to an event stream; the hub adds the id. If it throws, the event is not sent, and the hub emits 'hookError'. */
export type EncodeForEventStream<Data> = (event: HubEvent<Data>) => ServerSentEvent | string;

/**
 * Returns the message to send to a WebSocket: text or bytes. It must contain the id, or the client cannot continue. If the function
 * throws, the event is not sent, and the hub emits 'hookError'.
 */
export type EncodeForWebSocket<Data> = (event: HubEvent<Data>) => string | Uint8Array | ArrayBuffer;
