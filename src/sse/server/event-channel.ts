import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { DEFAULT_HISTORY_AGE, DEFAULT_HISTORY_BYTES, DEFAULT_HISTORY_COUNT } from '../../shared/defaults.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import type { TypedEmitter } from '../../shared/typed-emitter.ts';
import { encodeEvent, partsOf, type Serialize, type ServerSentEvent } from '../wire/event-encoder.ts';
import { EventHistory, type StoredEvent } from './event-history.ts';
import { type EventStream, writeEncoded } from './event-stream.ts';
import { chunkOf } from './response-writer.ts';

/** Whether a client may see an event: asked for each event that it would be sent, live or from the history. */
export type EventFilter<Context, Data = string> = (
  event: ServerSentEvent<Data> & { readonly id: string },
  context: Context,
) => boolean;

export interface EventChannelOptions<Data = string> {
  /** What is kept for clients that reconnect: what is past any of the bounds is let go. */
  readonly history?:
    | {
        /** Events. Default: 1000; 0 to keep none. */
        readonly count?: number | undefined;
        /** Bytes of them, as they are sent, in a chunk each. Default: 4 MiB. */
        readonly bytes?: number | undefined;
        /** Milliseconds since they were broadcast. Default: 300,000. */
        readonly age?: number | undefined;
      }
    | undefined;
  /**
   * The type of the event that tells a client that events are missing, because its last event ID is unknown or too old;
   * its data is that ID. Or what makes the event of that ID. Default: `reset`.
   */
  readonly reset?: string | ((lastEventId: string) => ServerSentEvent) | undefined;
  /** Makes the text of the data of each event, such as `JSON.stringify`. Default: data must be strings. */
  readonly serialize?: Serialize<Data> | undefined;
}

export interface AddOptions<Context, Data = string> {
  /** Default: it may see all. */
  readonly filter?: EventFilter<Context, Data> | undefined;
  /** What the client has seen last. Default: what it sent as `Last-Event-ID`; empty to begin with what comes now. */
  readonly lastEventId?: string | undefined;
}

/** Whatever data it is sent by others than the channel. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyStream = EventStream<any>;

export interface EventChannelEventMap {
  /** A stream was added. */
  join: [stream: AnyStream];
  /** A stream is over, or was removed. */
  leave: [stream: AnyStream];
}

interface Member<Context, Data> {
  readonly stream: AnyStream;
  readonly filter: EventFilter<Context, Data> | undefined;
  readonly onClose: () => void;
  /** The position of what it is sent next from the history; null once it is sent events as they are broadcast. */
  position: number | null;
}

const Emitter: new () => TypedEmitter<EventChannelEventMap> = EventEmitter as never;

/**
 * Events for many streams: each is encoded once, and kept for a while, so that clients that reconnect get what they have
 * missed (WHATWG HTML §9.2.4, "last event ID").
 *
 * A client that reconnects is sent the history as fast as it takes it, and then what is broadcast, without a gap and
 * without a duplicate; so is one that was too slow for a while. If something is missing, because the history does not
 * reach back so far, it is told by an event of its own, and goes on with what comes now.
 *
 * @typeParam Context what an event is broadcast with for the filters to look at; it is not sent
 * @typeParam Data    what `serialize` takes
 */
export class EventChannel<Context = undefined, Data = string> extends Emitter {
  readonly #members = new Map<AnyStream, Member<Context, Data>>();
  readonly #history: EventHistory<Context, Data>;
  readonly #serialize: Serialize<Data> | undefined;
  readonly #keepsHistory: boolean;
  readonly #reset: (lastEventId: string) => ServerSentEvent;
  /** Of this channel alone, so that ids of another one, or of the process before, are known to be unknown. */
  readonly #name: string = randomBytes(6).toString('base64url');

  /** @throws TypeError or RangeError for an invalid option */
  constructor(options: EventChannelOptions<Data> = {}) {
    super();
    const { count, bytes, age } = options.history ?? {};
    const { reset = 'reset' } = options;
    const bounds = {
      count: eventStreamOption.nonNegative('history.count', count, DEFAULT_HISTORY_COUNT),
      bytes: eventStreamOption.nonNegative('history.bytes', bytes, DEFAULT_HISTORY_BYTES, 'bytes'),
      age: eventStreamOption.milliseconds('history.age', age, DEFAULT_HISTORY_AGE),
    };
    this.#keepsHistory = bounds.count > 0 && bounds.bytes > 0 && bounds.age > 0;
    this.#history = new EventHistory(bounds, `${this.#name}-0`);
    this.#serialize = eventStreamOption.callback('serialize', options.serialize);
    this.#reset = typeof reset === 'function' ? reset : (data) => ({ event: reset, data });
    // What is wrong with it must not wait for the first client.
    encodeEvent(this.#reset(''));
  }

  /** Streams in the channel. */
  get size(): number {
    return this.#members.size;
  }

  has(stream: AnyStream): boolean {
    return this.#members.has(stream);
  }

  /** The id of the latest event, or what stands for the time before the first. */
  get lastEventId(): string {
    return this.#history.lastId;
  }

  /** Adds a stream until it is over. It is sent what it has missed, and its last event ID. One that is over is not added. */
  add(stream: AnyStream, options: AddOptions<Context, Data> = {}): void {
    if (stream.closed || this.#members.has(stream)) return;
    const { filter, lastEventId = stream.lastEventId } = options;
    const onClose = (): void => {
      this.remove(stream);
    };
    const member: Member<Context, Data> = { stream, filter, onClose, position: null };
    this.#members.set(stream, member);
    stream.on('close', onClose);
    this.#history.expire(performance.now());
    const position = lastEventId === '' ? this.#history.end : this.#history.positionAfter(lastEventId);
    if (position === undefined) {
      this.#sendReset(member, lastEventId);
    } else {
      // An id without data: a client that loses the connection before its first event must not miss that one.
      if (position === this.#history.end) writeEncoded(stream, chunkOf(partsOf({ id: this.#history.lastId })));
      member.position = position;
      this.#catchUp(member);
    }
    this.emit('join', stream);
  }

  /** Takes a stream out, and leaves it open. Returns whether it was in. */
  remove(stream: AnyStream): boolean {
    const member = this.#members.get(stream);
    if (member === undefined) return false;
    stream.off('close', member.onClose);
    this.#members.delete(stream);
    this.emit('leave', stream);
    return true;
  }

  /**
   * Sends an event to all whose filter lets it through, and keeps it. Returns its id: that of the event, or one that is
   * made for it. An id of your own must be another one for each event.
   *
   * @throws TypeError for CR, LF or NUL in `event` or `id`, and for an empty id; RangeError for an invalid `retry`
   */
  broadcast(
    event: ServerSentEvent<Data> | string,
    ...[context]: Context extends undefined ? [Context?] : [Context]
  ): string {
    const given = typeof event === 'string' ? { data: event as Data } : (event as ServerSentEvent<Data>);
    const id = String(given.id ?? `${this.#name}-${this.#history.end + 1}`);
    if (id === '') {
      throw Object.assign(new TypeError('id must not be empty: it is what a client is found again by'), {
        code: 'SSE_ERR_EMPTY_ID',
      });
    }
    const identified = { ...given, id };
    const encoded = chunkOf(partsOf(identified, this.#serialize));
    const past: StoredEvent<Context, Data> = {
      event: identified,
      context: context as Context,
      encoded,
      time: performance.now(),
    };
    this.#history.append(past);
    for (const member of [...this.#members.values()]) {
      // Who is still sent the history will come to it there.
      if (member.position !== null || !isVisible(member, past)) continue;
      // A slow client is not queued for: it goes on in the history, which all share. Without one, its stream queues.
      if (!writeEncoded(member.stream, encoded) && this.#keepsHistory) this.#catchUpLater(member, this.#history.end);
    }
    return id;
  }

  /** Closes all streams. Clients of the standard will reconnect: answer them with 204 if they should not. */
  close(): void {
    for (const stream of [...this.#members.keys()]) stream.close();
  }

  /** As `close()`, and waits until the clients have got everything, for `timeout` milliseconds at the most. Default: 10,000. */
  async shutdown(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    await Promise.all([...this.#members.keys()].map((stream) => stream.shutdown(options)));
  }

  /** Sends of the history what the client takes, and goes on when it takes more. */
  #catchUp(member: Member<Context, Data>): void {
    const { stream } = member;
    while (member.position !== null && this.#members.get(stream) === member) {
      const { position } = member;
      if (position === this.#history.end) {
        member.position = null;
      } else if (position < this.#history.start) {
        // It was too slow: what comes next for it has been let go.
        return this.#sendReset(member, stream.lastEventId);
      } else {
        member.position++;
        const past = this.#history.at(position);
        if (isVisible(member, past) && !writeEncoded(stream, past.encoded)) {
          return this.#catchUpLater(member, member.position);
        }
      }
    }
  }

  #catchUpLater(member: Member<Context, Data>, position: number): void {
    member.position = position;
    void member.stream.drained().then(() => this.#catchUp(member));
  }

  #sendReset(member: Member<Context, Data>, lastEventId: string): void {
    member.position = null;
    const event = { ...this.#reset(lastEventId), id: this.#history.lastId };
    writeEncoded(member.stream, chunkOf(partsOf(event)));
  }
}

/** A filter that throws lets nothing through; what it threw is an uncaught exception, and no other client's loss. */
function isVisible<Context, Data>(
  { filter }: Member<Context, Data>,
  { event, context }: StoredEvent<Context, Data>,
): boolean {
  if (filter === undefined) return true;
  try {
    return filter(event, context) === true;
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
    return false;
  }
}
