import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { Socket } from 'node:net';
import { callSafely } from '../../shared/call-safely.ts';
import { responseInProgress } from '../../shared/http/response-in-progress.ts';
import {
  type EncodedEvent,
  encodeComment,
  encodeEventParts,
  type ServerSentEvent,
  toFields,
} from '../wire/event-encoder.ts';
import {
  type BackpressurePolicyOf,
  callPolicy,
  eventStreamSettings,
  type OptionsOf,
  RESPONSE_HEADERS,
  type SettingsOf,
  shutdownTimeout,
} from './event-stream-options.ts';
import { encodeChunk, encodeTextChunk } from './http-chunk.ts';
import { checkExchange, lastEventIdOf, type Request } from './open-arguments.ts';
import { PendingEvents } from './pending-events.ts';
import { onResponseEnd } from './response-end.ts';
import { takeResponse } from './response-ownership.ts';
import { ResponseWriter } from './response-writer.ts';
import { stallTimer } from './stall-timer.ts';
import { Waiter } from './waiter.ts';

// biome-ignore lint/suspicious/noExplicitAny: streams with any type of data
type AnyStream = EventStream<any>;

/**
 * Options of an EventStream.
 *
 * @typeParam Data the type of the data of the events
 */
export interface EventStreamOptions<Data = string> extends OptionsOf<Data, AnyStream> {}

/** What happens when a new event would exceed `maxBackpressure`. */
export type BackpressurePolicy = BackpressurePolicyOf<AnyStream>;

/** The events of an EventStream, with the arguments of their listeners. An error that a listener throws is an uncaught exception. */
export interface EventStreamEventMap {
  /** After `send()` returned false, the queue is empty: the client reads again. */
  drain: [];
  /** An event would exceed `maxBackpressure`. The argument is the number of dropped events. */
  overflow: [dropped: number];
  /** The stream ended: the client disconnected, or `close()` was called. Emitted once. */
  close: [];
}

type Response = ServerResponse | Http2ServerResponse;

/** An empty comment. */
const HEARTBEAT_COMMENT = /* @__PURE__ */ encodeTextChunk(':\n\n');

/** Events with data of at least this many characters are written on their own: joining them would copy them once more. */
const MAX_JOINED_EVENT = 1024;

/** Joined events are written when they have this many characters. */
const MAX_JOINED_TEXT = 16 * 1024;

/**
 * A response that is an event stream, WHATWG HTML §9.2. It works with node:http, node:https and the compatibility API of
 * node:http2.
 *
 * @typeParam Data the type of the data of the events
 */
export class EventStream<Data = string> extends EventEmitter<EventStreamEventMap> {
  /**
   * The decoded Last-Event-ID header of the request: the id of the last event that the client has received. Empty if there is none.
   */
  readonly lastEventId: string;
  readonly #settings: SettingsOf<Data, AnyStream>;
  readonly #response: ServerResponse;
  readonly #writer: ResponseWriter;
  #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;
  /** Whether the last write returned false. The compatibility API of http2 has no `writableNeedDrain`. */
  #congested = false;
  /** The events that wait for 'drain'. Here they can still be dropped, unlike in the response. */
  readonly #pending = new PendingEvents();
  /** Ends the connection of a client that reads nothing while data waits for it. */
  #stallTimer: NodeJS.Timeout | undefined;
  /** What `drained()` waits for under backpressure. */
  #drained: Waiter | null = null;
  /** Whether all of the response was handed to the kernel, or the connection is closed. */
  #finished = false;
  /** What `shutdown()` waits for. */
  #finish: Waiter | null = null;
  #closeTimer: NodeJS.Timeout | undefined;
  /** Events of this turn of the event loop that are written together at its end. */
  #text = '';
  /** Whether the application handles an overflow at the moment. */
  #isOverflowing = false;
  /** Called before 'close' is emitted. They are not listeners, because the application may remove those. */
  #endCallbacks: Set<() => void> | null = null;

  /**
   * Responds to a request with an event stream. The status 200 and the headers are sent at once, so that the client emits
   * 'open' before the first event. For a HEAD request, the stream closes after the headers. From now on, `write()`, `writeHead()`
   * and `end()` of the response have no effect, so that no framework answers the request once more. A later `end()` without a
   * body closes the stream.
   *
   * @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION
   * @throws Error with the code SSE_ERR_HEADERS_SENT if the headers of the response were sent already
   * @throws Error with the code SSE_ERR_RESPONSE_IN_USE if the response belongs to an EventStream already
   */
  static open<Data = string>(
    request: Request,
    response: Response,
    options: EventStreamOptions<Data> = {},
  ): EventStream<Data> {
    // The compatibility API of http2 has the methods used here, with different types.
    return new EventStream<Data>(request, response as ServerResponse, options);
  }

  private constructor(request: Request, response: ServerResponse, options: EventStreamOptions<Data>) {
    super();
    this.#settings = eventStreamSettings(options);
    const { headers, retryField, heartbeat } = this.#settings;
    checkExchange(request, response);
    this.lastEventId = lastEventIdOf(request);
    this.#response = response;
    this.#writer = new ResponseWriter(request as IncomingMessage, response, () => this.#drain());

    onResponseEnd(request as IncomingMessage, response, () => this.#lost());
    if (this.#closed) return;
    for (const [name, value] of [...Object.entries(RESPONSE_HEADERS), ...Object.entries(headers)]) {
      if (value === undefined) response.removeHeader(name);
      else response.setHeader(name, value);
    }
    response.statusCode = 200;
    response.flushHeaders();
    takeResponse(response, this);
    if (request.method === 'HEAD') {
      this.close();
      return;
    }
    if (retryField !== '') this.#writer.write(encodeTextChunk(retryField));
    if (heartbeat > 0) {
      this.#heartbeat = setTimeout(() => this.#sendHeartbeat(), heartbeat);
      this.#heartbeat.unref();
    }
  }

  /** Whether the stream has ended. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends an event; a string is the data of an event. Returns false under backpressure: the event is queued, and 'drain'
   * follows. Also returns false after the end of the stream: the event is not sent.
   *
   * @throws TypeError with the code SSE_ERR_LINE_BREAK if `event` or `id` contains CR, LF or NUL
   * @throws TypeError with the code SSE_ERR_INVALID_ID for an `id` that a client could not return in its Last-Event-ID header
   * @throws TypeError with the code SSE_ERR_INVALID_TYPE for an event or a field of the wrong type
   * @throws RangeError with the code SSE_ERR_OUT_OF_RANGE for an invalid `retry` or numeric `id`
   */
  send(event: ServerSentEvent<Data> | string): boolean {
    return this.#sendEncoded(encodeEventParts(toFields(event), this.#settings.serialize));
  }

  /**
   * Sends a comment, which clients ignore. Returns the same as `send()`.
   *
   * @throws TypeError with the code SSE_ERR_LINE_BREAK if the text contains CR, LF or NUL
   * @throws TypeError with the code SSE_ERR_INVALID_TYPE if it is not a string
   */
  comment(text: string): boolean {
    return this._writeChunk(encodeTextChunk(encodeComment(text)));
  }

  /**
   * Ends the response after the queued events. Clients reconnect then, unless their next request gets the status 204
   * (§9.2.1). If the client has not read everything within `closeTimeout`, this destroys the connection.
   */
  close(): void {
    if (this.#closed) return;
    const response = this.#response;
    this.#flush();
    for (let events = this.#pending.shift(); events !== undefined; events = this.#pending.shift()) {
      this.#writer.write(events);
    }
    response.once('finish', () => this.#setFinished());
    this.#writer.endResponse();
    this.#end();
    const { closeTimeout } = this.#settings;
    if (response.writableFinished || closeTimeout === 0) return;
    this.#closeTimer = setTimeout(() => this.terminate(), closeTimeout);
    this.#closeTimer.unref();
  }

  /**
   * Calls `close()`, and waits until everything has been sent. After `timeout` milliseconds (default: 10,000) it destroys
   * the connection. A connection of HTTP/1.1 without another request is closed, too, so that its server can close.
   *
   * @throws TypeError or RangeError for an invalid timeout, with the code SSE_ERR_INVALID_OPTION
   */
  async shutdown(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    const timeout = shutdownTimeout(options);
    const { socket } = this.#response;
    this.close();
    if (!this.#finished) {
      const force = setTimeout(() => this.terminate(), timeout);
      this.#finish ??= new Waiter();
      await this.#finish.promise;
      clearTimeout(force);
    }
    if (socket instanceof Socket && responseInProgress(socket) === null) socket.end();
  }

  /** Destroys the connection at once. Queued events are lost. */
  terminate(): void {
    this.#lost();
  }

  /** The bytes of memory that hold the events queued for a client that does not read. */
  get queuedBytes(): number {
    return this.#pending.cost;
  }

  /** Waits while the stream is under backpressure. Resolves to true when more can be sent, to false when the stream has ended. */
  async drained(): Promise<boolean> {
    if (!this.#closed && this.#congested) {
      // One Promise for all callers.
      this.#drained ??= new Waiter();
      await this.#drained.promise;
    }
    return !this.#closed;
  }

  /** Writes an encoded chunk, which may be one for many streams, and returns the same as `send()`. @internal */
  _writeChunk(chunk: Buffer): boolean {
    if (!this.#isWritable()) return false;
    this.#flush();
    return this.#write(chunk);
  }

  /** The bytes of memory that hold sent data that the kernel has not accepted yet. @internal */
  get _sendMemory(): number {
    return this.#pending.cost + this.#text.length + (this.#closed ? 0 : this.#writer.bufferedBytes);
  }

  /** Calls back at the end of the stream, before 'close' is emitted. @internal */
  _onEnd(callback: () => void): void {
    this.#endCallbacks ??= new Set();
    this.#endCallbacks.add(callback);
  }

  /** @internal */
  _offEnd(callback: () => void): void {
    this.#endCallbacks?.delete(callback);
  }

  /** @internal */
  get _maxBackpressure(): number {
    return this.#settings.maxBackpressure;
  }

  #sendEncoded(event: EncodedEvent): boolean {
    if (!this.#isWritable()) return false;
    const { before, data, after } = event;
    if (this.#congested || data.length >= MAX_JOINED_EVENT || this.#writer.isFirstOfTurn()) {
      this.#flush();
      return this.#write(encodeChunk(event));
    }
    if (this.#text === '') process.nextTick(flushText, this);
    this.#text += before + data + after;
    if (this.#text.length < MAX_JOINED_TEXT) return true;
    this.#flush();
    return !this.#congested;
  }

  /** @internal */
  _flushText(): void {
    if (!this.#closed) this.#flush();
  }

  /** Writes the joined events of this turn as one chunk. */
  #flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#write(encodeTextChunk(text));
  }

  /** Whether the stream is open. A middleware that has kept `end()` of the response may have ended it. */
  #isWritable(): boolean {
    if (this.#closed) return false;
    if (!this.#response.writableEnded) return true;
    this.#end();
    return false;
  }

  #write(chunk: Buffer): boolean {
    this.#heartbeat?.refresh();
    if (this.#writer.isWaiting) this.#setCongested();
    if (this.#congested) this.#enqueue(chunk);
    else if (!this.#writer.write(chunk)) this.#setCongested();
    return !this.#congested;
  }

  #setCongested(): void {
    this.#congested = true;
    const { writeTimeout } = this.#settings;
    if (writeTimeout === 0 || this.#stallTimer !== undefined) return;
    this.#stallTimer = stallTimer(this.#writer, writeTimeout, (isStalled) => {
      if (isStalled && this.#congested) this.terminate();
      if (this.#congested && !this.#closed) return true;
      this.#stallTimer = undefined;
      return false;
    });
  }

  #enqueue(event: Buffer): void {
    const pending = this.#pending;
    const { maxBackpressure, onBackpressure: policy } = this.#settings;
    if (pending.hasRoomFor(event, maxBackpressure)) return pending.push(event);
    let dropped = policy === 'drop-oldest' ? 0 : 1;
    if (policy === 'drop-oldest') {
      for (; !pending.hasRoomFor(event, maxBackpressure) && pending.length > 0; dropped++) pending.drop();
      pending.push(event);
    } else if (policy === 'terminate') {
      dropped += pending.length;
    }
    this.#overflow(dropped, policy);
  }

  /** Reports dropped events. What the application sends meanwhile may be dropped, too, and is not reported again. */
  #overflow(dropped: number, policy: BackpressurePolicy): void {
    if (this.#isOverflowing) return;
    this.#isOverflowing = true;
    // An exception must not end a broadcast to other clients, so it becomes an uncaught exception.
    callSafely(() => this.emit('overflow', dropped));
    if (policy === 'terminate') this.terminate();
    else if (policy !== 'drop-oldest') callPolicy(policy, this);
    this.#isOverflowing = false;
  }

  #drain(): void {
    if (!this.#congested || this.#closed) return;
    this.#congested = false;
    while (this.#pending.length > 0 && !this.#congested) {
      if (!this.#writer.write(this.#pending.shift()!)) this.#setCongested();
    }
    if (this.#congested) return;
    this.#drained?.resolve();
    this.#drained = null;
    callSafely(() => this.emit('drain'));
  }

  #sendHeartbeat(): void {
    // Under backpressure, the connection is not idle.
    if (!this.#congested && !this.#writer.isWaiting) this._writeChunk(HEARTBEAT_COMMENT);
    this.#heartbeat?.refresh();
  }

  /** The response is complete, or the connection is lost. */
  #lost(): void {
    if (this.#finished) return this.#end();
    this.#setFinished();
    this.#end();
    // A response that waits behind an earlier one, or that was late, is not marked as destroyed by node:http.
    if (!this.#response.writableFinished) this.#writer.destroy();
  }

  #setFinished(): void {
    this.#finished = true;
    clearTimeout(this.#closeTimer);
    this.#finish?.resolve();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.end();
    this.#pending.clear();
    this.#text = '';
    clearTimeout(this.#heartbeat);
    this.#heartbeat = undefined;
    clearTimeout(this.#stallTimer);
    this.#drained?.resolve();
    // Not within `open()`, which may end the stream: the application cannot have a listener yet.
    process.nextTick(() => {
      for (const callback of [...(this.#endCallbacks ?? [])]) callSafely(callback);
      callSafely(() => this.emit('close'));
    });
  }
}

/** A function of the module: for a private static method, the compiler adds an assignment that no bundler drops. */
function flushText(stream: AnyStream): void {
  stream._flushText();
}
