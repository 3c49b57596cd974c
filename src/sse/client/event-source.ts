import type { Readable } from 'node:stream';
import {
  DEFAULT_MAX_RECONNECTION_DELAY,
  DEFAULT_READ_TIMEOUT,
  DEFAULT_RECONNECTION_TIME,
} from '../../shared/defaults.ts';
import { EventHandlers } from '../../shared/event-handlers.ts';
import { encodeHeaderText } from '../../shared/http/header-text.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { EventSourceReadyState as ReadyState } from '../../shared/ready-state.ts';
import { defineConstants, makeEnumerable } from '../../shared/web-idl.ts';
import { EventParser } from '../wire/event-parser.ts';
import { type Backoff, reconnectionDelay } from './backoff.ts';
import { EventQueue } from './event-queue.ts';
import { EventSourceErrorEvent } from './event-source-error-event.ts';
import { checkEventSourceOptions, type EventSourceOptions, initialRequest } from './event-source-options.ts';
import { openFetchRequest } from './fetch-request.ts';
import { openHttpRequest } from './http-request.ts';
import { NonRetryableError, type OpenedRequest, type StreamRequest, type StreamResponse } from './stream-request.ts';

type EventOf<T extends string> = T extends 'open' ? Event : T extends 'error' ? EventSourceErrorEvent : MessageEvent;
type AnyListener = Parameters<EventTarget['addEventListener']>[1];
type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];
type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

/** Adds up to a quarter to each reconnection delay. */
const JITTER = 0.25;

/**
 * The client of an event stream, WHATWG HTML §9.2: the interface of browsers, on node:http and node:https.
 *
 * It reconnects when the connection is lost, after the reconnection time that the server has sent. The delay doubles with
 * each failed attempt. It fails permanently, with a last 'error', if the status is not 200, if the Content-Type is not
 * `text/event-stream`, or if a line or an event exceeds `maxEventSize`.
 */
export class EventSource extends EventTarget {
  // Constants of the class and of its prototype, defined below.
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #url: string;
  readonly #options: EventSourceOptions;
  readonly #backoff: Backoff;
  readonly #readTimeout: number;
  readonly #parser: EventParser;
  readonly #handlers = new EventHandlers(this);
  /** One for each `for await` loop in progress. */
  readonly #queues = new Set<EventQueue>();
  readonly #onAbort = (): void => this.close();
  #readyState: ReadyState = ReadyState.CONNECTING;
  #reconnectionTime: number;
  /** The number of attempts to reconnect since the last byte was received. */
  #attempt = 0;
  #origin = '';
  /** The next request, without a last event ID. */
  #request!: StreamRequest;
  #connection: OpenedRequest | undefined;
  #body: Readable | undefined;
  #reconnectionTimer: NodeJS.Timeout | undefined;
  #readTimer: NodeJS.Timeout | undefined;

  /**
   * Starts to connect: 'open' or 'error' follows, and then the events of the stream. A valid URL with a scheme other than
   * http and https emits 'error' and fails permanently.
   *
   * @param url     a URL with the scheme http or https
   * @throws DOMException named SyntaxError for an invalid URL
   * @throws TypeError without a URL
   * @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION
   */
  constructor(url: string | URL, options: EventSourceOptions = {}) {
    super();
    // biome-ignore lint/complexity/noArguments: an explicit undefined is converted to a string
    if (arguments.length === 0) throw new TypeError('url is required');
    if (!URL.canParse(String(url))) throw new DOMException(`Invalid URL: ${String(url)}`, 'SyntaxError');
    const target = new URL(url);
    this.#url = target.href;
    options = checkEventSourceOptions(options);
    this.#options = options;
    this.#reconnectionTime = eventStreamOption.milliseconds(
      'reconnectionTime',
      options.reconnectionTime,
      DEFAULT_RECONNECTION_TIME,
    );
    const maxDelay = eventStreamOption.milliseconds(
      'maxReconnectionDelay',
      options.maxReconnectionDelay,
      DEFAULT_MAX_RECONNECTION_DELAY,
    );
    this.#readTimeout = eventStreamOption.milliseconds('readTimeout', options.readTimeout, DEFAULT_READ_TIMEOUT);
    this.#backoff = { maxDelay, jitter: JITTER };
    this.#parser = this.#createParser();
    this.#start();
  }

  /** The serialized URL. A redirect does not change it. */
  get url(): string {
    return this.#url;
  }

  /** The value of the option `withCredentials`. */
  get withCredentials(): boolean {
    return eventStreamOption.flag(this.#options.withCredentials, false);
  }

  /** 0 (CONNECTING), 1 (OPEN) or 2 (CLOSED). */
  get readyState(): ReadyState {
    return this.#readyState;
  }

  /** The last event ID that the next request will send; empty for none. Not in browsers. */
  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  get onopen(): ((event: Event) => void) | null {
    return this.#handlers.get('open');
  }
  set onopen(handler: ((event: Event) => void) | null) {
    this.#handlers.set('open', handler);
  }

  get onmessage(): ((event: MessageEvent) => void) | null {
    return this.#handlers.get('message');
  }
  set onmessage(handler: ((event: MessageEvent) => void) | null) {
    this.#handlers.set('message', handler);
  }

  get onerror(): ((event: EventSourceErrorEvent) => void) | null {
    return this.#handlers.get('error');
  }
  set onerror(handler: ((event: EventSourceErrorEvent) => void) | null) {
    this.#handlers.set('error', handler);
  }

  /** Like `EventTarget.addEventListener()`, with the types of the events. */
  override addEventListener<T extends string>(
    type: T,
    listener: Listener<EventOf<T>> | null,
    options?: ListenerOptions,
  ): void {
    super.addEventListener(type, listener as AnyListener, options);
  }

  /** Like `EventTarget.removeEventListener()`, with the types of the events. */
  override removeEventListener<T extends string>(
    type: T,
    listener: Listener<EventOf<T>> | null,
    options?: ListenerOptions,
  ): void {
    super.removeEventListener(type, listener as AnyListener, options);
  }

  /** Closes the connection, and does not reconnect. No event follows. */
  close(): void {
    this.#stop();
    for (const queue of this.#queues) queue.end();
  }

  /**
   * Connects again at once, with the last event ID. 'open' or 'error' follows. An open connection is closed first, and a
   * scheduled reconnection is cancelled. It also works after `close()` and after a permanent failure. Not in browsers.
   */
  reconnect(): void {
    this.#stop();
    this.#attempt = 0;
    this.#readyState = ReadyState.CONNECTING;
    this.#start();
  }

  /**
   * Iterates over the events of every type: `for await (const event of source)`. The connection is not read while the loop
   * processes the last event that was received, so the server has to wait. The loop continues after a reconnection, ends
   * with `close()`, and throws an Error with the code SSE_ERR_FAILED after a permanent failure. Leaving the loop closes the
   * EventSource. Not in browsers.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<MessageEvent, void, undefined> {
    if (this.#readyState === ReadyState.CLOSED) return;
    const queue = new EventQueue();
    this.#queues.add(queue);
    try {
      for (let event = await queue.take(); event !== undefined; event = await queue.take()) {
        yield event;
        if (queue.length === 0) this.#resume();
      }
    } finally {
      this.#queues.delete(queue);
      if (this.#queues.size === 0) this.close();
    }
  }

  get [Symbol.toStringTag](): string {
    return 'EventSource';
  }

  #start(): void {
    const { signal } = this.#options;
    const url = new URL(this.#url);
    this.#request = initialRequest(url, this.#options);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) return this.close();
    if (url.protocol === 'http:' || url.protocol === 'https:') return this.#connectFirst();
    const scheme = url.protocol.slice(0, -1);
    process.nextTick(() => this.#fail(`URL scheme must be http or https; received "${scheme}"`));
  }

  #stop(): void {
    this.#readyState = ReadyState.CLOSED;
    this.#disconnect();
    clearTimeout(this.#reconnectionTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  #dispatch(event: MessageEvent): void {
    for (const queue of this.#queues) queue.push(event);
    if (this.#queues.size > 0) this.#pause();
    this.dispatchEvent(event);
  }

  #pause(): void {
    clearTimeout(this.#readTimer);
    this.#body?.pause();
  }

  #resume(): void {
    if (this.#body === undefined) return;
    this.#restartReadTimer();
    this.#body.resume();
  }

  #createParser(): EventParser {
    const { maxEventSize, lastEventId } = this.#options;
    return new EventParser(
      {
        onEvent: ({ type, data, lastEventId: id }) => {
          // §9.2.6: "if the readyState attribute is set to a value other than CLOSED". A listener may have called close().
          if (this.#readyState === ReadyState.CLOSED) return;
          this.#dispatch(new MessageEvent(type, { data, lastEventId: id, origin: this.#origin }));
        },
        onRetry: (time) => {
          this.#reconnectionTime = time;
        },
        onComment: (text) => this.#options.onComment?.(text),
        onError: (error) => this.#fail(error.message, undefined, error),
      },
      { maxEventSize, lastEventId },
    );
  }

  /** Node's errors for wrong options of the request are thrown to the caller, so that nothing reconnects after them. */
  #connectFirst(): void {
    try {
      this.#connect();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  #connect(): void {
    const { request, fetch } = this.#options;
    // A server may send an id with control characters. A header cannot contain them, so such an id is not sent.
    const lastEventId = encodeHeaderText(this.#parser.lastEventId);
    const headers = { ...this.#request.headers, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
    const onResponse = (error: Error | null, response?: StreamResponse): void => {
      if (response !== undefined) this.#receive(response);
      else if (error instanceof NonRetryableError) this.#fail(error.message, undefined, error);
      else this.#scheduleReconnection(error?.message ?? '', error ?? undefined);
    };
    const streamRequest = { ...this.#request, headers };
    this.#connection =
      fetch === undefined || fetch === null
        ? openHttpRequest(streamRequest, request ?? {}, onResponse)
        : openFetchRequest(fetch, streamRequest, this.withCredentials, onResponse);
    this.#restartReadTimer();
  }

  /** WHATWG HTML §9.2.2: processes the response. */
  #receive({ status, contentType, url, request, openBody }: StreamResponse): void {
    const type = contentType.split(';')[0]!.trim().toLowerCase();
    if (status !== 200) return this.#fail(`The server answered with ${status} instead of 200`, status);
    if (type !== 'text/event-stream') {
      return this.#fail(`Content-Type must be text/event-stream; received ${type || 'none'}`, status);
    }
    this.#read(openBody());
    this.#readyState = ReadyState.OPEN;
    // Fetch §4.4: a redirect changes the request. §9.2.3 fetches this request again.
    const { 'last-event-id': _, ...headers } = request.headers;
    this.#request = { ...request, headers };
    this.#origin = url.origin;
    this.dispatchEvent(new Event('open'));
  }

  #read(body: Readable): void {
    this.#body = body;
    const connection = this.#connection;
    const onEnd = (message: string, error?: Error): void => {
      // The body of an earlier connection may end later.
      if (this.#connection === connection) this.#scheduleReconnection(message, error);
    };
    body.on('data', (chunk: Buffer) => {
      if (this.#connection !== connection) return;
      // Not before the first byte: if a server ends each stream without sending anything, the attempts count as failed.
      this.#attempt = 0;
      this.#restartReadTimer();
      this.#parser.push(chunk);
    });
    body.on('error', (error) => onEnd(error.message, error));
    body.on('end', () => onEnd('The server ended the stream'));
    body.on('close', () => onEnd('The connection was lost'));
  }

  /** §9.2.3: reestablishes the connection, after a delay. */
  #scheduleReconnection(message: string, error?: Error): void {
    if (this.#readyState === ReadyState.CLOSED) return;
    this.#disconnect();
    this.#readyState = ReadyState.CONNECTING;
    this.dispatchEvent(new EventSourceErrorEvent(message, undefined, error));
    // A listener may have called close() or reconnect().
    if (this.#readyState !== ReadyState.CONNECTING || this.#connection !== undefined) return;
    this.#attempt++;
    const delay = reconnectionDelay(this.#attempt, this.#reconnectionTime, this.#backoff, Math.random());
    this.#reconnectionTimer = setTimeout(() => this.#connect(), delay);
  }

  /** §9.2.3: fails the connection, permanently. */
  #fail(message: string, status?: number, error?: Error): void {
    if (this.#readyState === ReadyState.CLOSED) return;
    this.#stop();
    const failure = Object.assign(new Error(message, { cause: error }), { code: 'SSE_ERR_FAILED', status });
    for (const queue of this.#queues) queue.end(failure);
    this.dispatchEvent(new EventSourceErrorEvent(message, status, error));
  }

  #disconnect(): void {
    clearTimeout(this.#readTimer);
    const connection = this.#connection;
    this.#connection = undefined;
    this.#body = undefined;
    connection?.destroy();
    this.#parser.end();
  }

  #restartReadTimer(): void {
    const readTimeout = this.#readTimeout;
    if (readTimeout === 0) return;
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(
      () => this.#scheduleReconnection(`No data received within readTimeout (${readTimeout} ms)`),
      readTimeout,
    );
  }
}

defineConstants(EventSource, ReadyState);
makeEnumerable(EventSource, 'url withCredentials readyState onopen onmessage onerror close'.split(' '));
