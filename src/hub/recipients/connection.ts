import type { EventStream, ServerSentEvent } from '../../sse/index.ts';
import type { WebSocket } from '../../websocket/index.ts';
import type { HubEvent } from '../events/hub-event.ts';

// biome-ignore lint/suspicious/noExplicitAny: the application may send data of another type to the stream
export type AnyEventStream = EventStream<any>;

/** A connection that can subscribe to topics. */
export type HubConnection = AnyEventStream | WebSocket;

/** Makes the event that an event stream sends. The hub adds the id. If it throws, the event is not sent, and the hub emits 'hookError'. */
export type EncodeForEventStream<Data> = (event: HubEvent<Data>) => ServerSentEvent | string;

/**
 * Makes the message that a WebSocket sends: text or bytes. The client must find the id in it, or it cannot continue. If it throws, the
 * event is not sent, and the hub emits 'hookError'.
 */
export type EncodeForWebSocket<Data> = (event: HubEvent<Data>) => string | Uint8Array | ArrayBuffer;
