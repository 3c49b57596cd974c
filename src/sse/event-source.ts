import type { RequestOptions } from 'node:https';
import type { Readable } from 'node:stream';
import { DEFAULT_MAX_RECONNECTION_DELAY, DEFAULT_RECONNECTION_TIME } from '../limits.ts';
import { decodedBody, openRequest, type StreamResponse } from './event-source-request.ts';
import { encodeFieldText } from './field-text.ts';
import { milliseconds } from './options.ts';
import { type Backoff, reconnectionDelay } from './reconnect.ts';
import { EventParser } from './wire/event-parser.ts';

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
}

/** What went wrong; the browser's has no details. */
export class EventSourceErrorEvent extends Event {
  readonly message: string;
  /** The status of the response, if that was the reason. */
  readonly status: number | undefined;
  readonly error: Error | undefined;

  constructor(message: string, status: number | undefined, error: Error | undefined) {
    super('error');
    this.message = message;
    this.status = status;
    this.error = error;
  }
}

type EventOf<T extends string> = T extends 'open' ? Event : T extends 'error' ? EventSourceErrorEvent : MessageEvent;
type HandlerType = 'open' | 'message' | 'error';
type AnyListener = Parameters<EventTarget['addEventListener']>[1];
type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];
type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** A quarter more than the delay at the most. */
const JITTER = 0.25;

/** The client of an event stream, WHATWG HTML §9.2: the browser's interface, on node:http and node:https. */
export class EventSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;

  readonly url: string;
  readonly withCredentials: boolean;
  readonly #options: EventSourceOptions;
  readonly #backoff: Backoff;
  readonly #readTimeout: number;
  readonly #parser: EventParser;
  readonly #handlers: { [T in HandlerType]?: ((event: EventOf<T>) => void) | undefined } = {};
  readonly #onAbort = (): void => this.close();
  #readyState: 0 | 1 | 2 = CONNECTING;
  #reconnectionTime: number;
  /** Of attempts since something was received. */
  #attempt = 0;
  #origin = '';
  #connection: { destroy(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #readTimer: NodeJS.Timeout | undefined;

  /**
   * Connects. 'open' and the events follow, or 'error'. A URL that is valid and not HTTP fails for good.
   *
   * @throws DOMException SyntaxError for an invalid URL; RangeError for an invalid time
   */
  constructor(url: string | URL, options: EventSourceOptions = {}) {
    super();
    if (!URL.canParse(String(url))) throw new DOMException(`The URL is invalid: ${url}`, 'SyntaxError');
    const target = new URL(url);
    this.url = target.href;
    this.withCredentials = options.withCredentials ?? false;
    this.#options = options;
    this.#reconnectionTime = milliseconds('reconnectionTime', options.reconnectionTime, DEFAULT_RECONNECTION_TIME);
    const maxDelay = milliseconds('maxReconnectionDelay', options.maxReconnectionDelay, DEFAULT_MAX_RECONNECTION_DELAY);
    this.#readTimeout = milliseconds('readTimeout', options.readTimeout, 0);
    this.#backoff = { maxDelay, jitter: JITTER };
    this.#parser = this.#createParser();

    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal?.aborted) this.close();
    else if (target.protocol === 'http:' || target.protocol === 'https:') this.#connect(target);
    else process.nextTick(() => this.#fail(`The URL's scheme must be http or https, and is ${target.protocol}`));
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSED. */
  get readyState(): 0 | 1 | 2 {
    return this.#readyState;
  }

  /** What the next request will say was seen last. */
  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  get onopen(): ((event: Event) => void) | null {
    return this.#handlers.open ?? null;
  }
  set onopen(handler: ((event: Event) => void) | null) {
    this.#setHandler('open', handler);
  }

  get onmessage(): ((event: MessageEvent) => void) | null {
    return this.#handlers.message ?? null;
  }
  set onmessage(handler: ((event: MessageEvent) => void) | null) {
    this.#setHandler('message', handler);
  }

  get onerror(): ((event: EventSourceErrorEvent) => void) | null {
    return this.#handlers.error ?? null;
  }
  set onerror(handler: ((event: EventSourceErrorEvent) => void) | null) {
    this.#setHandler('error', handler);
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
    this.#readyState = CLOSED;
    this.#disconnect();
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  #createParser(): EventParser {
    const { maxEventSize, lastEventId } = this.#options;
    return new EventParser(
      {
        onEvent: ({ type, data, lastEventId: id }) => {
          // "If the readyState attribute is set to a value other than CLOSED": a listener may have closed it.
          if (this.#readyState === CLOSED) return;
          this.dispatchEvent(new MessageEvent(type, { data, lastEventId: id, origin: this.#origin }));
        },
        onRetry: (time) => {
          this.#reconnectionTime = time;
        },
        onError: (error) => this.#fail(error.message, undefined, error),
      },
      { maxEventSize, lastEventId },
    );
  }

  #connect(url: URL): void {
    const { headers = {}, method = 'GET', body, request = {} } = this.#options;
    const fields: Record<string, string> = { accept: 'text/event-stream', 'cache-control': 'no-cache' };
    for (const [name, value] of Object.entries(headers)) fields[name.toLowerCase()] = value;
    // An id with control characters, which a server may well send, can't be told: node:http does not take it.
    const lastEventId = encodeFieldText(this.#parser.lastEventId);
    if (lastEventId) fields['last-event-id'] = lastEventId;
    this.#connection = openRequest({ url, method, headers: fields, body }, request, (error, response) => {
      if (response === undefined) this.#reconnect(error?.message ?? '', error ?? undefined);
      else this.#receive(response);
    });
    this.#expectBytes();
  }

  /** WHATWG HTML §9.2.2, "process the response". */
  #receive({ response, url }: StreamResponse): void {
    const status = response.statusCode ?? 0;
    const type = (response.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
    if (status !== 200) return this.#fail(`The server answered with ${status} instead of 200`, status);
    if (type !== 'text/event-stream') {
      return this.#fail(`The Content-Type must be text/event-stream, and is ${type || 'missing'}`, status);
    }
    const body = decodedBody(response);
    this.#read(body);
    this.#readyState = OPEN;
    this.#origin = url.origin;
    this.dispatchEvent(new Event('open'));
  }

  #read(body: Readable): void {
    const connection = this.#connection;
    const lost = (message: string, error?: Error): void => {
      // An old connection's end is no news.
      if (this.#connection === connection) this.#reconnect(message, error);
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
  #reconnect(message: string, error?: Error): void {
    if (this.#readyState === CLOSED) return;
    this.#disconnect();
    this.#readyState = CONNECTING;
    this.dispatchEvent(new EventSourceErrorEvent(message, undefined, error));
    // A listener may have closed it.
    if (this.#readyState !== CONNECTING) return;
    this.#attempt++;
    const delay = reconnectionDelay(this.#attempt, this.#reconnectionTime, this.#backoff, Math.random());
    this.#timer = setTimeout(() => this.#connect(new URL(this.url)), delay);
  }

  /** §9.2.3, "fail the connection": for good. */
  #fail(message: string, status?: number, error?: Error): void {
    if (this.#readyState === CLOSED) return;
    this.close();
    this.dispatchEvent(new EventSourceErrorEvent(message, status, error));
  }

  #disconnect(): void {
    clearTimeout(this.#readTimer);
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.destroy();
    this.#parser.end();
  }

  #expectBytes(): void {
    const readTimeout = this.#readTimeout;
    if (readTimeout === 0) return;
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(
      () => this.#reconnect(`Nothing came for readTimeout, which is ${readTimeout} ms`),
      readTimeout,
    );
  }

  #setHandler<T extends HandlerType>(type: T, handler: ((event: EventOf<T>) => void) | null): void {
    const handlers: { [K in HandlerType]?: unknown } = this.#handlers;
    const before = handlers[type] as Listener<EventOf<T>> | undefined;
    if (before !== undefined) this.removeEventListener(type, before);
    handlers[type] = typeof handler === 'function' ? handler : undefined;
    if (typeof handler === 'function') this.addEventListener(type, handler);
  }
}
