import type { RequestOptions } from 'node:https';
import type { Readable } from 'node:stream';
import {
  DEFAULT_MAX_RECONNECTION_DELAY,
  DEFAULT_READ_TIMEOUT,
  DEFAULT_RECONNECTION_TIME,
} from '../../shared/defaults.ts';
import { EventHandlers } from '../../shared/event-handlers.ts';
import { basicCredentials } from '../../shared/http/basic-credentials.ts';
import { encodeHeaderText } from '../../shared/http/header-text.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { EventSourceReadyState as ReadyState } from '../../shared/ready-state.ts';
import { defineConstants, makeEnumerable } from '../../shared/web-idl.ts';
import { EventParser } from '../wire/event-parser.ts';
import { type Backoff, reconnectionDelay } from './backoff.ts';
import { EventQueue } from './event-queue.ts';
import {
  type FetchFunction,
  NonRetryableError,
  type OpenedRequest,
  openFetch,
  openRequest,
  type StreamRequest,
  type StreamResponse,
} from './event-source-request.ts';

export interface EventSourceOptions {
  /** As in the browser; outside of one there are no stored credentials, so it is only told. Default: false. */
  readonly withCredentials?: boolean | undefined;
  /** More header fields of each request; they go before ours of the same name, but for Last-Event-ID. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default: GET. */
  readonly method?: string | undefined;
  /** Sent again with each reconnection. */
  readonly body?: string | Uint8Array | undefined;
  /** Closes it. */
  readonly signal?: AbortSignal | undefined;
  /** What the first request says was seen last. Default: empty. */
  readonly lastEventId?: string | undefined;
  /** Milliseconds before a lost connection is opened again, until the server says another time. Default: 3,000. */
  readonly reconnectionTime?: number | undefined;
  /** Milliseconds that the delay grows to when attempts fail. Default: 60,000. */
  readonly maxReconnectionDelay?: number | undefined;
  /** Milliseconds without a byte after which the connection is taken for lost; 0 for never. Default: 0. */
  readonly readTimeout?: number | undefined;
  /** Bytes of one line, and characters of one event's data. Default: 16 MiB. Past it, it fails for good. */
  readonly maxEventSize?: number | undefined;
  /** Options of `https.request`, such as `agent` or `ca`. */
  readonly request?: RequestOptions | undefined;
  /** Sends the requests instead of node:http and node:https: the global `fetch`, or one that is called like it. */
  readonly fetch?: FetchFunction | undefined;
  /** Called with the text of each comment, which is often a heartbeat. */
  readonly onComment?: ((text: string) => void) | undefined;
}

/** What went wrong; the browser's has no details. */
export class EventSourceErrorEvent extends Event {
  readonly message: string;
  /** The status of the response, if that was the reason. */
  readonly status: number | undefined;
  /** The same, by the name that the package `eventsource` has for it. */
  readonly code: number | undefined;
  readonly error: Error | undefined;

  constructor(message: string, status: number | undefined, error: Error | undefined) {
    super('error');
    this.message = message;
    this.status = status;
    this.code = status;
    this.error = error;
  }
}

type EventOf<T extends string> = T extends 'open' ? Event : T extends 'error' ? EventSourceErrorEvent : MessageEvent;
type AnyListener = Parameters<EventTarget['addEventListener']>[1];
type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];
type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

/** A quarter more than the delay at the most. */
const JITTER = 0.25;

/** The client of an event stream, WHATWG HTML §9.2: the browser's interface, on node:http and node:https. */
export class EventSource extends EventTarget {
  // Constants of the class and of its prototype: see below.
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
  /** Of the `for await` loops that go on. */
  readonly #queues = new Set<EventQueue>();
  readonly #onAbort = (): void => this.close();
  #readyState: ReadyState = ReadyState.CONNECTING;
  #reconnectionTime: number;
  /** Of attempts since something was received. */
  #attempt = 0;
  #origin = '';
  /** What is asked for next. */
  #request!: StreamRequest;
  #connection: OpenedRequest | undefined;
  #body: Readable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #readTimer: NodeJS.Timeout | undefined;

  /**
   * Connects. 'open' and the events follow, or 'error'. A URL that is valid and not HTTP fails for good.
   *
   * @throws DOMException SyntaxError for an invalid URL; TypeError for none; RangeError for an invalid time
   */
  constructor(url: string | URL, options: EventSourceOptions = {}) {
    super();
    // biome-ignore lint/complexity/noArguments: undefined is a string, too, where a URL is asked for
    if (arguments.length === 0) throw new TypeError('An EventSource must be given a URL');
    if (!URL.canParse(String(url))) throw new DOMException(`The URL is invalid: ${url}`, 'SyntaxError');
    const target = new URL(url);
    this.#url = target.href;
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

  /** Serialized. It does not change with a redirect. */
  get url(): string {
    return this.#url;
  }

  get withCredentials(): boolean {
    return this.#options.withCredentials ?? false;
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSED. */
  get readyState(): ReadyState {
    return this.#readyState;
  }

  /** What the next request will say was seen last. */
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

  override addEventListener<T extends string>(
    type: T,
    listener: Listener<EventOf<T>> | null,
    options?: ListenerOptions,
  ): void {
    super.addEventListener(type, listener as AnyListener, options);
  }

  override removeEventListener<T extends string>(
    type: T,
    listener: Listener<EventOf<T>> | null,
    options?: ListenerOptions,
  ): void {
    super.removeEventListener(type, listener as AnyListener, options);
  }

  /** Ends it for good, without an event. */
  close(): void {
    this.#stop();
    for (const queue of this.#queues) queue.end();
  }

  /**
   * Opens the connection again, at once, with the last event ID: while it waits, while it is open, and after `close()` or
   * a failure. 'open' or 'error' follow. Not in browsers.
   */
  reconnect(): void {
    this.#stop();
    this.#attempt = 0;
    this.#readyState = ReadyState.CONNECTING;
    this.#start();
  }

  /**
   * `for await (const event of source)`: events of every type; the server has to wait while one is worked on, once what
   * has come is taken. It goes on over reconnections, ends with `close()`, and throws when the connection fails for good.
   * To leave the loop closes the EventSource. Not in browsers.
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

  #start(): void {
    const { signal } = this.#options;
    this.#request = firstRequest(this.url, this.#options);
    const { url } = this.#request;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.close();
    else if (url.protocol === 'http:' || url.protocol === 'https:') this.#connect();
    else process.nextTick(() => this.#fail(`The URL's scheme must be http or https, and is ${url.protocol}`));
  }

  #stop(): void {
    this.#readyState = ReadyState.CLOSED;
    this.#disconnect();
    clearTimeout(this.#timer);
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
    this.#expectBytes();
    this.#body.resume();
  }

  get [Symbol.toStringTag](): string {
    return 'EventSource';
  }

  #createParser(): EventParser {
    const { maxEventSize, lastEventId } = this.#options;
    return new EventParser(
      {
        onEvent: ({ type, data, lastEventId: id }) => {
          // "If the readyState attribute is set to a value other than CLOSED": a listener may have closed it.
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

  #connect(): void {
    const { request = {}, fetch } = this.#options;
    // An id with control characters, which a server may well send, can't be told: node:http does not take it.
    const lastEventId = encodeHeaderText(this.#parser.lastEventId);
    const headers = { ...this.#request.headers, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
    const done = (error: Error | null, response?: StreamResponse): void => {
      if (response !== undefined) this.#receive(response);
      else if (error instanceof NonRetryableError) this.#fail(error.message, undefined, error);
      else this.#scheduleReconnection(error?.message ?? '', error ?? undefined);
    };
    const streamRequest = { ...this.#request, headers };
    this.#connection =
      fetch === undefined
        ? openRequest(streamRequest, request, done)
        : openFetch(fetch, streamRequest, this.withCredentials, done);
    this.#expectBytes();
  }

  /** WHATWG HTML §9.2.2, "process the response". */
  #receive({ status, contentType, url, request, body }: StreamResponse): void {
    const type = contentType.split(';')[0]!.trim().toLowerCase();
    if (status !== 200) return this.#fail(`The server answered with ${status} instead of 200`, status);
    if (type !== 'text/event-stream') {
      return this.#fail(`The Content-Type must be text/event-stream, and is ${type || 'missing'}`, status);
    }
    this.#read(body());
    this.#readyState = ReadyState.OPEN;
    // Fetch, "HTTP-redirect fetch": a redirect changes the request, and it is this request that is fetched again.
    const { 'last-event-id': _, ...headers } = request.headers;
    this.#request = { ...request, headers };
    this.#origin = url.origin;
    this.dispatchEvent(new Event('open'));
  }

  #read(body: Readable): void {
    this.#body = body;
    const connection = this.#connection;
    const lost = (message: string, error?: Error): void => {
      // An old connection's end is no news.
      if (this.#connection === connection) this.#scheduleReconnection(message, error);
    };
    body.on('data', (chunk: Buffer) => {
      if (this.#connection !== connection) return;
      // Only now: a server that ends each stream before it has sent anything is one that fails.
      this.#attempt = 0;
      this.#expectBytes();
      this.#parser.push(chunk);
    });
    body.on('error', (error) => lost(error.message, error));
    body.on('end', () => lost('The server ended the stream'));
    body.on('close', () => lost('The connection was lost'));
  }

  /** §9.2.3, "reestablish the connection". */
  #scheduleReconnection(message: string, error?: Error): void {
    if (this.#readyState === ReadyState.CLOSED) return;
    this.#disconnect();
    this.#readyState = ReadyState.CONNECTING;
    this.dispatchEvent(new EventSourceErrorEvent(message, undefined, error));
    // A listener may have closed it.
    if (this.#readyState !== ReadyState.CONNECTING) return;
    this.#attempt++;
    const delay = reconnectionDelay(this.#attempt, this.#reconnectionTime, this.#backoff, Math.random());
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  /** §9.2.3, "fail the connection": for good. */
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

  #expectBytes(): void {
    const readTimeout = this.#readTimeout;
    if (readTimeout === 0) return;
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(
      () => this.#scheduleReconnection(`Nothing came for readTimeout, which is ${readTimeout} ms`),
      readTimeout,
    );
  }
}

function firstRequest(address: string, options: EventSourceOptions): StreamRequest {
  const { headers = {}, method = 'GET', body, request = {} } = options;
  const url = new URL(address);
  const fields: Record<string, string> = { accept: 'text/event-stream', 'cache-control': 'no-cache' };
  for (const [name, value] of Object.entries(headers)) fields[name.toLowerCase()] = value;
  // As a header field, so that a redirect to another origin can take it away.
  const authorization = basicCredentials(url, request.auth);
  if (authorization !== undefined) fields.authorization ??= authorization;
  url.username = '';
  url.password = '';
  return { url, method, headers: fields, body };
}

defineConstants(EventSource, ReadyState);
makeEnumerable(EventSource, 'url withCredentials readyState onopen onmessage onerror close'.split(' '));
