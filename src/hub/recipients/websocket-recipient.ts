import { hubOption } from '../../shared/option-validation.ts';
import { ReadyState } from '../../shared/ready-state.ts';
import type { WebSocket } from '../../websocket/index.ts';
import { toPayload } from '../../websocket/session/message-data.ts';
import { SharedMessage } from '../../websocket/session/shared-message.ts';
import { publishReset } from '../diagnostics.ts';
import type { EncodedEvent } from '../events/encoded-event.ts';
import type { HubReset } from '../events/hub-event.ts';
import { type HookErrors, ignoreRejection } from '../hook-errors.ts';
import type { EncodeForWebSocket } from './connection.ts';
import { Encoders } from './encoders.ts';
import type { Recipient, RecipientListener } from './recipient.ts';

/** Sends the events of a hub to a WebSocket, each as one message. */
export class WebSocketRecipient<Data> implements Recipient<Data> {
  readonly #socket: WebSocket;
  readonly #listener: RecipientListener;
  readonly #encode: (event: EncodedEvent<Data>) => SharedMessage;
  readonly #onDrain = (): void => this.#listener.onDrain();
  readonly #onEnd = (): void => this.#listener.onEnd();

  constructor(socket: WebSocket, listener: RecipientListener, encode: (event: EncodedEvent<Data>) => SharedMessage) {
    this.#socket = socket;
    this.#listener = listener;
    this.#encode = encode;
    socket.on('drain', this.#onDrain);
    socket.on('close', this.#onEnd);
  }

  get isClosed(): boolean {
    return this.#socket.readyState !== ReadyState.OPEN;
  }

  get sendMemory(): number {
    return this.#socket.bufferedAmount;
  }

  send(event: EncodedEvent<Data>, hookErrors: HookErrors): boolean | null {
    const message = event.encoded(this.#encode, hookErrors);
    return message === undefined ? null : this.#socket._sendShared(message) === true;
  }

  sendId(id: string): boolean {
    return this.#sendJson({ id });
  }

  sendReset(data: HubReset, id: string): boolean {
    publishReset(this.#socket, data);
    return this.#sendJson({ id, event: 'reset', data });
  }

  detach(): void {
    this.#socket.off('drain', this.#onDrain);
    this.#socket.off('close', this.#onEnd);
  }

  #sendJson(message: unknown): boolean {
    return this.#socket._sendShared(sharedMessage(JSON.stringify(message))) === true;
  }
}

/** @throws TypeError for a WebSocket of a client: all recipients receive the same frame, which is not masked */
export function checkWebSocket(name: string, socket: WebSocket, allowed: string): void {
  hubOption.withMethods(name, socket, ['_sendShared'], allowed);
  if (socket._isServer === false) {
    throw hubOption.fault(TypeError, `${name} must be ${allowed} of a server; received a WebSocket of a client`);
  }
}

const encoders: Encoders<SharedMessage> = /* @__PURE__ */ new Encoders();

/** Returns the function that encodes events for WebSockets, always the same one for an `encode`. Default: JSON. */
export function webSocketEncoder<Data>(
  encode: EncodeForWebSocket<Data> | undefined,
): (event: EncodedEvent<Data>) => SharedMessage {
  if (encode === undefined) return encodeAsJson;
  return encoders.get<Data>(encode, () => (event) => {
    const made = encode(event);
    ignoreRejection(made);
    return sharedMessage(made);
  });
}

/** `{ "id", "topic", "event", "data" }`. The data is JSON text already. */
function encodeAsJson({ id, topic, event, json }: EncodedEvent): SharedMessage {
  const type = event === undefined ? '' : `,"event":${JSON.stringify(event)}`;
  return sharedMessage(`{"id":${JSON.stringify(id)},"topic":${JSON.stringify(topic)}${type},"data":${json}}`);
}

/** All connections that compress receive the same compressed frame: it refers to no other message. */
function sharedMessage(data: string | Uint8Array | ArrayBuffer): SharedMessage {
  return new SharedMessage(toPayload(data), typeof data !== 'string', true, true);
}
