import { hubOption } from '../../shared/option-validation.ts';
import { joinChannel, leaveChannel } from '../../sse/server/channel-member.ts';
import { encodeEventChunk } from '../../sse/server/http-chunk.ts';
import { publishReset } from '../diagnostics.ts';
import type { EncodedEvent } from '../events/encoded-event.ts';
import type { HubReset } from '../events/hub-event.ts';
import { type HookErrors, ignoreRejection } from '../hook-errors.ts';
import type { AnyEventStream, EncodeForEventStream } from './connection.ts';
import { Encoders } from './encoders.ts';
import type { Recipient, RecipientListener } from './recipient.ts';

/** Sends the events of a hub to an event stream, WHATWG HTML §9.2. */
export class EventStreamRecipient<Data> implements Recipient<Data> {
  readonly #stream: AnyEventStream;
  readonly #listener: RecipientListener;
  readonly #encode: (event: EncodedEvent<Data>) => Buffer;
  readonly #onEnd = (): void => this.#listener.onEnd();
  #isDetached = false;

  /**
   * @param resumes whether the client continues after its Last-Event-ID header
   * @throws Error with the code SSE_ERR_SEVERAL_CHANNELS
   */
  constructor(
    stream: AnyEventStream,
    listener: RecipientListener,
    encode: (event: EncodedEvent<Data>) => Buffer,
    resumes: boolean,
  ) {
    joinChannel(stream, resumes);
    this.#stream = stream;
    this.#listener = listener;
    this.#encode = encode;
    stream._onEnd(this.#onEnd);
  }

  get isClosed(): boolean {
    return this.#stream.closed;
  }

  get sendMemory(): number {
    return this.#stream._sendMemory;
  }

  send(event: EncodedEvent<Data>, hookErrors: HookErrors): boolean | null {
    const chunk = event.encoded(this.#encode, hookErrors);
    return chunk === undefined ? null : this.#write(chunk);
  }

  sendId(id: string): boolean {
    return this.#write(encodeEventChunk({ id }));
  }

  sendReset(reset: HubReset, id: string): boolean {
    publishReset(this.#stream, reset);
    return this.#write(encodeEventChunk({ event: 'reset', data: JSON.stringify(reset), id }));
  }

  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    leaveChannel(this.#stream);
    this.#stream._offEnd(this.#onEnd);
  }

  #write(chunk: Buffer): boolean {
    if (this.#stream._writeChunk(chunk)) return true;
    void this.#stream.drained().then((isOpen) => {
      if (isOpen && !this.#isDetached) this.#listener.onDrain();
    });
    return false;
  }
}

const encoders: Encoders<Buffer> = /* @__PURE__ */ new Encoders();

/** Returns the function that encodes events for streams, always the same one for an `encode`. Default: type and data. */
export function eventStreamEncoder<Data>(
  encode: EncodeForEventStream<Data> | undefined,
): (event: EncodedEvent<Data>) => Buffer {
  if (encode === undefined) return encodeByDefault;
  return encoders.get<Data>(encode, () => (event) => {
    const made: unknown = encode(event);
    if (typeof made === 'string') return encodeEventChunk({ data: made, id: event.id });
    const isFields = typeof made === 'object' && made !== null && !Array.isArray(made) && !('then' in made);
    if (isFields) return encodeEventChunk({ ...made, id: event.id });
    ignoreRejection(made);
    throw hubOption.error(TypeError, 'The result of encode', 'a string or the fields of an event', made);
  });
}

function encodeByDefault({ id, event, json, data }: EncodedEvent): Buffer {
  return encodeEventChunk({ event, id, data: typeof data === 'string' ? data : json });
}
