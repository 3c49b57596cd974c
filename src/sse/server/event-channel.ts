import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { History } from '../../shared/history.ts';
import { hookError, reportHookError } from '../../shared/hook-failure.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import type { TypedEmitter } from '../../shared/typed-emitter.ts';
import { checkId, type Serialize, type ServerSentEvent, toFields } from '../wire/event-encoder.ts';
import { type AnyStream, isVisible, joinChannel, leaveChannel, type Member } from './channel-member.ts';
import {
  ADD_NAMES,
  type AddOptions,
  type ChannelMetrics,
  type EventChannelOptions,
  eventChannelSettings,
} from './event-channel-options.ts';
import { shutdownTimeout } from './event-stream-options.ts';
import { encodeEventChunk } from './http-chunk.ts';
import { type StoredEvent, storedEvent } from './stored-event.ts';

/** The events of an EventChannel, with the arguments of their listeners. */
export interface EventChannelEventMap {
  /** A stream was added. */
  join: [stream: AnyStream];
  /** A stream ended or was removed. */
  leave: [stream: AnyStream];
  /**
   * A function of the application has thrown or rejected: `filter`, or `reset` for a client that is too slow. `error.hook` names it,
   * `error.cause` is what it threw, and `error.code` is SSE_ERR_HOOK_FAILED. Without a listener, the first of these errors emits
   * a process warning.
   */
  hookError: [error: Error & { readonly code: string; readonly hook: string }];
}

/**
 * The multiple of `maxBackpressure` that is kept for a slow client. All clients share it, and during one turn of the event loop,
 * none can read.
 */
const BURST_FACTOR = 3;

/** The fraction of the history's `age` after which a client receives the id of an event that it may not see. */
const ID_INTERVAL = 1 / 4;

const Emitter: new () => TypedEmitter<EventChannelEventMap> = EventEmitter as never;

/**
 * Sends events to many streams. Each event is encoded once and kept for a while, so that clients that reconnect receive the
 * events that they have missed (WHATWG HTML §9.2.4, "last event ID").
 *
 * A client that reconnects first receives events from the history, as fast as it reads them, and then live events, without
 * gaps or duplicates. So does a client that was too slow for a while: events that it has not read are kept, up to three times
 * the `maxBackpressure` of its stream. If the history no longer has the missed events, the client receives a `reset` event
 * instead, and then live events.
 *
 * @typeParam Context the type of the value that `broadcast()` passes to filters with an event; it is not sent
 * @typeParam Data    the type of the data of the events
 */
export class EventChannel<Context = undefined, Data = string> extends Emitter {
  readonly #members = new Map<AnyStream, Member<Context, Data>>();
  /** The members that receive events from the history. */
  readonly #behind = new Set<Member<Context, Data>>();
  readonly #history: History<StoredEvent<Context, Data>>;
  readonly #maxStreams: number;
  #refused = 0;
  readonly #serialize: Serialize<Data> | undefined;
  readonly #reset: (lastEventId: string) => ServerSentEvent;
  /** A random prefix of the ids, so that an id of another channel or process is recognized as unknown. */
  readonly #idPrefix: string = randomBytes(6).toString('base64url');
  /** The position of the next event for a stream that was removed and is still open. */
  readonly #removedAt = new WeakMap<AnyStream, number>();
  /** The number of generated ids, or more. */
  #generated = 0;
  /** Whether an event is being delivered. */
  #delivering = false;
  /** The events that were broadcast meanwhile. */
  readonly #undelivered = new CompactingQueue<StoredEvent<Context, Data>>();
  /** One function for all streams. */
  readonly #onFilterError = (error: unknown): void => this.#hookFailed('filter', error);
  readonly #idInterval: number;
  #idTimer: NodeJS.Timeout | undefined;

  /** @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION */
  constructor(options: EventChannelOptions<Data> = {}) {
    super();
    const { maxStreams, history, serialize, reset } = eventChannelSettings(options, new.target !== EventChannel);
    this.#maxStreams = maxStreams;
    this.#idInterval = history.age * ID_INTERVAL;
    this.#history = new History(history, `${this.#idPrefix}-0`);
    this.#serialize = serialize;
    this.#reset = reset;
  }

  /** The number of streams in the channel. */
  get size(): number {
    return this.#members.size;
  }

  /** Whether the channel has `maxStreams` streams. */
  get isFull(): boolean {
    return this.#members.size >= this.#maxStreams;
  }

  /** Whether a stream is in the channel. */
  has(stream: AnyStream): boolean {
    return this.#members.has(stream);
  }

  /** The id of the latest event. Before the first event, it is an id for that point in time. */
  get lastEventId(): string {
    return this.#history.lastId;
  }

  /** Returns the current values of the channel. */
  metrics(): ChannelMetrics {
    let sendMemory = 0;
    for (const stream of this.#members.keys()) sendMemory += stream._sendMemory;
    const { length, bytes } = this.#history;
    return {
      streams: this.#members.size,
      refused: this.#refused,
      sendMemory,
      historyEvents: length,
      historyMemory: bytes,
    };
  }

  /**
   * Adds a stream, until it ends, and sends it the events that it has missed. A stream that was removed before receives the
   * events since its removal. A stream that has ended, or that is in the channel already, is not added. If the channel is full,
   * this closes the stream, and does not throw. Returns whether the stream was added.
   *
   * A stream can be in several channels if each of them is passed the option `lastEventId`.
   *
   * @throws TypeError for an invalid option, with the code SSE_ERR_INVALID_OPTION
   * @throws Error with the code SSE_ERR_SEVERAL_CHANNELS if the stream is in another channel, without this option
   */
  add(stream: AnyStream, options: AddOptions<Context, Data> = {}): boolean {
    eventStreamOption.withMethods('stream', stream, ['_writeChunk', '_onEnd', 'drained'], 'an EventStream');
    options = eventStreamOption.options('add()', options, ADD_NAMES);
    const filter = eventStreamOption.callback('filter', options.filter);
    // Any text is allowed: the header or the URL of a client must not cause an exception.
    const lastEventId = eventStreamOption.string('lastEventId', options.lastEventId) ?? stream.lastEventId;
    if (stream.closed || this.#members.has(stream)) return false;
    if (this.isFull) {
      this.#refused++;
      stream.close();
      return false;
    }
    this.#expire();
    const removedAt = options.lastEventId === undefined ? this.#removedAt.get(stream) : undefined;
    const position = removedAt ?? this.#positionAfter(lastEventId);
    const reset = position === undefined ? this.#encodeReset(lastEventId) : null;
    const onClose = (): void => {
      this.remove(stream);
    };
    const member: Member<Context, Data> = {
      stream,
      filter,
      onClose,
      position: null,
      resumesAt: position ?? this.#history.end,
      endsAt: null,
      onComplete: null,
    };
    joinChannel(stream, options.lastEventId === undefined);
    this.#members.set(stream, member);
    stream._onEnd(onClose);
    if (reset !== null) {
      this.#sendReset(member, reset);
    } else if (position !== undefined) {
      // An id without data: a client that loses the connection before the next event can then ask for that event.
      if (position === this.#history.end) this.#sendId(member);
      member.position = position;
      this.#catchUp(member);
    }
    this.emit('join', stream);
    return true;
  }

  /** Removes a stream, and leaves it open. Returns whether it was in the channel. */
  remove(stream: AnyStream): boolean {
    const member = this.#members.get(stream);
    if (member === undefined) return false;
    stream._offEnd(member.onClose);
    this.#members.delete(stream);
    leaveChannel(stream);
    if (this.#behind.delete(member)) this.#expire();
    if (!stream.closed) this.#removedAt.set(stream, member.position ?? this.#history.end);
    member.onComplete?.();
    this.emit('leave', stream);
    return true;
  }

  /**
   * Sends an event to every stream whose filter accepts it, and adds it to the history. A string is the data of an event.
   * Returns the id of the event. If it has no id, the channel generates one. Ids of the application must be unique.
   *
   * @throws TypeError with the code SSE_ERR_EMPTY_ID for an empty id
   * @throws TypeError or RangeError for an invalid field, like `EventStream.send()`
   */
  broadcast(
    event: ServerSentEvent<Data> | string,
    ...[context]: Context extends undefined ? [Context?] : [Context]
  ): string {
    const given = toFields<Data>(event);
    // Taken before `serialize` is called, which may broadcast an event itself.
    const number = ++this.#generated;
    const id = checkId(given.id !== undefined ? given.id : `${this.#idPrefix}-${number}`);
    if (id === '') {
      throw Object.assign(new TypeError('id must not be empty'), { code: 'SSE_ERR_EMPTY_ID' });
    }
    const identified = { ...given, id };
    const encoded = encodeEventChunk(identified, this.#serialize);
    const stored = storedEvent(identified, context as Context, encoded, this.#history.keepsEvents);
    // A filter or a listener has called: all clients receive the events in the same order.
    this.#undelivered.push(stored);
    if (!this.#delivering) this.#deliverAll();
    return id;
  }

  /** Delivers an event, and those that are broadcast meanwhile. */
  #deliverAll(): void {
    this.#delivering = true;
    try {
      for (let event = this.#undelivered.shift(); event !== undefined; event = this.#undelivered.shift()) {
        this.#deliver(event);
      }
    } finally {
      // Also if a response of the application throws.
      this.#delivering = false;
    }
  }

  #deliver(stored: StoredEvent<Context, Data>): void {
    this.#history.append(stored, this.#neededFrom());
    for (const member of [...this.#members.values()]) {
      // A client that is still behind receives the event from the history. A stream that has ended leaves soon.
      if (member.position !== null || member.endsAt !== null || member.stream.closed) continue;
      if (!isVisible(member, stored, this.#onFilterError)) {
        this.#moveOn(member);
        continue;
      }
      member.resumesAt = this.#history.end;
      // A slow client continues from the history, which all clients share. Without a history, its stream queues events.
      if (!member.stream._writeChunk(stored.encoded) && this.#history.keepsEvents)
        this.#catchUpLater(member, this.#history.end);
    }
  }

  /** Closes all streams. Clients then reconnect, unless their next request gets the status 204 (§9.2.1). */
  close(): void {
    for (const stream of [...this.#members.keys()]) stream.close();
  }

  /**
   * Sends each client the events that were broadcast before this call, closes the streams, and waits until everything has been
   * sent. A client that was too slow receives the rest from the history. After `timeout` milliseconds (default: 10,000) this
   * destroys the remaining connections. Close the HTTP server first, because clients reconnect. The channel can be used again.
   *
   * @throws TypeError or RangeError for an invalid timeout, with the code SSE_ERR_INVALID_OPTION
   */
  async shutdown(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    const timeout = shutdownTimeout(options);
    const deadline = performance.now() + timeout;
    // A filter or a listener has called: first, all clients receive the events that are being delivered.
    if (this.#delivering) await undefined;
    await Promise.all([...this.#members.values()].map((member) => this.#complete(member, deadline)));
  }

  /** Waits until a member has received all events so far, and shuts its stream down. */
  async #complete(member: Member<Context, Data>, deadline: number): Promise<void> {
    const remaining = (): number => Math.max(0, deadline - performance.now());
    member.endsAt ??= this.#history.end;
    if (member.position !== null) {
      await new Promise<void>((resolve) => {
        const force = setTimeout(resolve, remaining());
        const earlier = member.onComplete;
        member.onComplete = () => {
          clearTimeout(force);
          earlier?.();
          resolve();
        };
      });
    }
    await member.stream.shutdown({ timeout: remaining() });
  }

  #expire(): void {
    this.#history.expire(performance.now(), this.#neededFrom());
  }

  /** The position from which on the history keeps events for slow clients, whatever its limits. */
  #neededFrom(): number {
    const history = this.#history;
    let neededFrom = Number.POSITIVE_INFINITY;
    for (const { stream, position } of this.#behind) {
      if (
        position !== null &&
        position < neededFrom &&
        history.bytesFrom(position) <= BURST_FACTOR * stream._maxBackpressure
      ) {
        neededFrom = position;
        if (position === history.start) break;
      }
    }
    return neededFrom;
  }

  #positionAfter(lastEventId: string): number | undefined {
    return lastEventId === '' ? this.#history.end : this.#history.positionAfter(lastEventId);
  }

  /** Sends events from the history until the client has caught up or is under backpressure. */
  #catchUp(member: Member<Context, Data>): void {
    const { stream } = member;
    while (member.position !== null && this.#members.get(stream) === member && !stream.closed) {
      const { position } = member;
      if (position === (member.endsAt ?? this.#history.end)) {
        member.position = null;
        if (this.#behind.delete(member)) this.#expire();
        this.#moveOn(member);
        member.onComplete?.();
      } else if (position < this.#history.start) {
        // The client was too slow: its next event is no longer kept.
        this.#resetLate(member);
      } else {
        member.position++;
        const stored = this.#history.at(position);
        if (!isVisible(member, stored, this.#onFilterError)) continue;
        member.resumesAt = member.position;
        if (!stream._writeChunk(stored.encoded)) return this.#catchUpLater(member, member.position);
      }
    }
  }

  #catchUpLater(member: Member<Context, Data>, position: number): void {
    // A filter or a listener may have removed the stream.
    if (this.#members.get(member.stream) !== member) return;
    member.position = position;
    this.#behind.add(member);
    void member.stream.drained().then(() => this.#catchUp(member));
  }

  /**
   * Called when a client may not see the latest event. If it reconnects with an old id, it needs all events after this id. So it
   * receives a newer id before the history removes these events because of its size or their age.
   */
  #moveOn(member: Member<Context, Data>): void {
    const { start, end, length } = this.#history;
    // During a shutdown, later events are not sent, and the client will ask for them when it reconnects.
    if (!this.#history.keepsEvents || member.resumesAt === end || member.endsAt !== null) return;
    if (member.resumesAt < start + length / 2) return this.#sendId(member);
    this.#idTimer ??= setTimeout(() => this.#sendIds(), this.#idInterval).unref();
  }

  #sendIds(): void {
    this.#idTimer = undefined;
    for (const member of this.#members.values()) {
      if (member.position === null && member.endsAt === null && member.resumesAt < this.#history.end) {
        this.#sendId(member);
      }
    }
  }

  /** Sends the id of the latest event without data, which no client dispatches. */
  #sendId(member: Member<Context, Data>): void {
    member.resumesAt = this.#history.end;
    member.stream._writeChunk(encodeEventChunk({ id: this.#history.lastId }));
  }

  #encodeReset(lastEventId: string): Buffer {
    return encodeEventChunk({ ...toFields(this.#reset(lastEventId)), id: this.#history.lastId });
  }

  /** Without a reset event, a client would miss events. If the application fails to create it, this ends the connection. */
  #resetLate(member: Member<Context, Data>): void {
    try {
      this.#sendReset(member, this.#encodeReset(member.stream.lastEventId));
    } catch (error) {
      this.#hookFailed('reset', error);
      member.stream.terminate();
    }
  }

  #hookFailed(hook: string, cause: unknown): void {
    reportHookError(this as unknown as EventEmitter, hookError('SSE_ERR_HOOK_FAILED', hook, cause));
  }

  #sendReset(member: Member<Context, Data>, reset: Buffer): void {
    member.position = null;
    this.#behind.delete(member);
    member.resumesAt = this.#history.end;
    member.stream._writeChunk(reset);
    member.onComplete?.();
  }
}
