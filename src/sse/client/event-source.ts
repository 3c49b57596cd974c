import { callSafely } from '../../shared/call-safely.ts';
import { DEFAULT_READ_TIMEOUT } from '../../shared/defaults.ts';
import { EventHandlers } from '../../shared/event-handlers.ts';
import { encodeHeaderText } from '../../shared/http/header-text.ts';
import { offAbort, onAbort } from '../../shared/on-abort.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { EventSourceReadyState as ReadyState } from '../../shared/ready-state.ts';
import { requireArguments, usvString, webInterface } from '../../shared/web-idl.ts';
import { EventParser } from '../wire/event-parser.ts';
import { BodyReader } from './body-reader.ts';
import { EventQueue } from './event-queue.ts';
import { EventSourceErrorEvent } from './event-source-error-event.ts';
import { checkEventSourceOptions, type EventSourceOptions, initialRequest } from './event-source-options.ts';
import { openFetchRequest } from './fetch-request.ts';
import { openHttpRequest } from './http-request.ts';
import { mimeTypeEssence } from './mime-type.ts';
import { Reconnection } from './reconnection.ts';
import { NonRetryableError, type OpenedRequest, type StreamRequest, type StreamResponse } from './stream-request.ts';

type EventOf<T extends string> = T extends 'open' ? Event : T extends 'error' ? EventSourceErrorEvent : MessageEvent;
type AnyListener = Parameters<EventTarget['addEventListener']>[1];
type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];
type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

/**
 * The client of an event stream, WHATWG HTML §9.2: the interface of browsers, on node:http and node:https.
 *
 * It reconnects when the connection is lost, after the reconnection time. The delay doubles with each failed attempt. If the
 * server has sent a reconnection time of less than 3 seconds, and its streams end within a second, the delay also doubles, up to
 * 3 seconds. The EventSource fails permanently, with a last 'error', if the status is not 200 (204 included), if the Content-Type
 * is not `text/event-stream`, after more than 20 redirects, or if a line or an event exceeds `maxEventSize`.
 *
 * Deviation: if the server ends the response to a request with a method other than GET, the request is not sent again, unless
 * the option `reconnect` allows it. The EventSource emits a last 'error', as if it had failed permanently. If the connection is
 * lost, the request is sent again; `reconnect: false` prevents this.
 *
 * Nothing of a connection is dispatched after `close()` or `reconnect()`, even within the same chunk.
 *
 * Its events are instances of the global classes `MessageEvent` and `Event`. The types of these names that pushwire exports are
 * those of a WebSocket.
 */
class EventSource extends EventTarget {
  // Constants of the class and of its prototype, defined below.
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #url: string;
  readonly #options: EventSourceOptions;
  readonly #reconnection: Reconnection;
  readonly #readTimeout: number;
  readonly #parser: EventParser;
  readonly #handlers = new EventHandlers(this);
  /** One for each `for await` loop in progress. */
  readonly #queues = new Set<EventQueue>();
  readonly #onAbort = (): void => this.close();
  #readyState: ReadyState = ReadyState.CONNECTING;
  #origin = '';
  /** The next request, without a last event ID. */
  #request!: StreamRequest;
  /** Changes with each connection, so that nothing of an earlier one is dispatched. */
  #generation = 0;
  #connection: OpenedRequest | undefined;
  #body: BodyReader | undefined;
  /** The permanent failure, for a `for await` loop that begins after it. */
  #failure: Error | undefined;
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
    requireArguments(arguments, 'url');
    const text = usvString(url);
    options = checkEventSourceOptions(options, new.target !== EventSource);
    if (!URL.canParse(text)) throw new DOMException(`Invalid URL: ${text}`, 'SyntaxError');
    const target = new URL(text);
    this.#url = target.href;
    this.#options = options;
    this.#reconnection = new Reconnection(options);
    this.#readTimeout = eventStreamOption.milliseconds('readTimeout', options.readTimeout, DEFAULT_READ_TIMEOUT);
    this.#parser = this.#createParser();
    this.#start();
  }

  /** The serialized URL. A redirect does not change it. */
  get url(): string {
    return this.#url;
  }

  /** The value of the option `withCredentials`. */
  get withCredentials(): boolean {
    return this.#options.withCredentials ?? false;
  }

  /** 0 (CONNECTING), 1 (OPEN) or 2 (CLOSED). */
  get readyState(): 0 | 1 | 2 {
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
    this.#failure = undefined;
    for (const queue of this.#queues) queue.end();
  }

  /**
   * Connects again at once, with the last event ID. 'open' or 'error' follows. An open connection is closed first, and a
   * scheduled reconnection is cancelled. This also works after `close()` and after a permanent failure. Not in browsers.
   */
  reconnect(): void {
    this.#stop();
    this.#reconnection.restart();
    this.#failure = undefined;
    this.#readyState = ReadyState.CONNECTING;
    this.#start();
  }

  /**
   * Iterates over the events of every type: `for await (const event of source)`. While the loop processes the last received event,
   * the connection is not read, so the server has to wait. If the connection is lost, the loop receives all events that have
   * arrived, and then the events of the next connection. The loop ends after `close()`, and if the server ends the stream and the
   * EventSource does not reconnect. After a permanent failure, even an earlier one, it throws an Error with the code
   * SSE_ERR_FAILED. Leaving the loop closes the EventSource. Not in browsers.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<MessageEvent, void, undefined> {
    if (this.#readyState === ReadyState.CLOSED) {
      if (this.#failure !== undefined) throw this.#failure;
      return;
    }
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
    const url = new URL(this.#url);
    this.#request = initialRequest(url, this.#options);
    if (signal?.aborted) return this.close();
    if (signal) onAbort(signal, this.#onAbort);
    if (url.protocol === 'http:' || url.protocol === 'https:') return this.#connectFirst();
    const scheme = url.protocol.slice(0, -1);
    process.nextTick(() => this.#fail(`URL scheme must be http or https; received "${scheme}"`));
  }

  #stop(): void {
    this.#readyState = ReadyState.CLOSED;
    this.#disconnect();
    clearTimeout(this.#reconnectionTimer);
    if (this.#options.signal) offAbort(this.#options.signal, this.#onAbort);
  }

  #dispatch(event: MessageEvent): void {
    // Node.js 20 leaves this to its caller (Web IDL §3.2.27).
    Object.freeze(event.ports);
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
          this.#dispatch(new MessageEvent(type, { data, lastEventId: id, origin: this.#origin }));
        },
        onRetry: (time) => this.#reconnection.setTime(time),
        onComment: (text) => callSafely(() => this.#options.onComment?.(text)),
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

  /** For example, the agent of the application throws. Nobody could catch that here. */
  #connectAgain(): void {
    try {
      this.#connect();
    } catch (error) {
      this.#fail(`Reconnection failed: ${(error as Error).message}`, undefined, error as Error);
    }
  }

  #connect(): void {
    const { fetch } = this.#options;
    // A server may send an id with control characters. A header cannot contain them, so such an id is not sent.
    const lastEventId = encodeHeaderText(this.#parser.lastEventId);
    const headers = { ...this.#request.headers, ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
    const generation = this.#generation;
    const onResponse = (error: Error | null, response?: StreamResponse): void => {
      if (generation !== this.#generation) return;
      if (response !== undefined) this.#receive(response);
      else if (error instanceof NonRetryableError) this.#fail(error.message, undefined, error);
      else this.#lose(error ?? undefined);
    };
    const streamRequest = { ...this.#request, headers };
    this.#connection =
      fetch === undefined || fetch === null
        ? openHttpRequest(streamRequest, onResponse)
        : openFetchRequest(fetch, streamRequest, this.#options.withCredentials ?? false, onResponse);
    this.#restartReadTimer();
  }

  /** WHATWG HTML §9.2.2: processes the response. */
  #receive({ status, contentType, url, request, openBody, failure }: StreamResponse): void {
    if (status !== 200) return this.#fail(`The server answered with ${status} instead of 200`, status);
    const type = mimeTypeEssence(contentType);
    if (type !== 'text/event-stream') {
      return this.#fail(`Content-Type must be text/event-stream; received ${type || 'none'}`, status);
    }
    try {
      this.#body = new BodyReader(openBody(), failure, {
        onData: (chunk) => {
          this.#reconnection.received();
          this.#restartReadTimer();
          this.#parser.push(chunk);
        },
        onEnd: (error) => this.#lose(error),
      });
    } catch (error) {
      if (error instanceof NonRetryableError) return this.#fail(error.message, undefined, error);
      return this.#lose(error as Error);
    }
    this.#readyState = ReadyState.OPEN;
    this.#reconnection.opened();
    // Fetch §4.4: a redirect changes the request. §9.2.3 fetches this request again.
    const { 'last-event-id': _, ...headers } = request.headers;
    this.#request = { ...request, headers };
    this.#origin = url.origin;
    this.dispatchEvent(new Event('open'));
  }

  /** §9.2.3: reestablishes the connection, after a delay. Without an error, the server has ended the stream. */
  #lose(error?: Error): void {
    if (this.#readyState === ReadyState.CLOSED) return;
    const message = error === undefined ? 'The server ended the stream' : error.message;
    const generation = this.#disconnect();
    const reconnects = this.#reconnection.lost(message, error);
    // The function may have called close() or reconnect(), and so may a listener.
    if (generation !== this.#generation) return;
    if (!reconnects) return error === undefined ? this.#finish(message) : this.#fail(message, undefined, error);
    this.#readyState = ReadyState.CONNECTING;
    this.dispatchEvent(new EventSourceErrorEvent(message, undefined, error));
    if (generation !== this.#generation) return;
    this.#reconnectionTimer = setTimeout(() => this.#connectAgain(), this.#reconnection.delay());
  }

  /** The server has ended the stream, and that is the end. */
  #finish(message: string): void {
    this.#stop();
    for (const queue of this.#queues) queue.end();
    this.dispatchEvent(new EventSourceErrorEvent(message, undefined, undefined));
  }

  /** §9.2.3: fails the connection, permanently. */
  #fail(message: string, status?: number, error?: Error): void {
    if (this.#readyState === ReadyState.CLOSED) return;
    this.#stop();
    const failure = Object.assign(new Error(message, { cause: error }), { code: 'SSE_ERR_FAILED', status });
    this.#failure = failure;
    for (const queue of this.#queues) queue.end(failure);
    this.dispatchEvent(new EventSourceErrorEvent(message, status, error));
  }

  /** Ends the connection. Nothing of it is dispatched any more, not even the rest of a chunk that is being parsed. */
  #disconnect(): number {
    clearTimeout(this.#readTimer);
    this.#generation++;
    const connection = this.#connection;
    const body = this.#body;
    this.#connection = undefined;
    this.#body = undefined;
    body?.stop();
    connection?.destroy();
    this.#parser.end();
    return this.#generation;
  }

  #restartReadTimer(): void {
    const readTimeout = this.#readTimeout;
    if (readTimeout === 0) return;
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(
      () => this.#lose(new Error(`No data received within readTimeout (${readTimeout} ms)`)),
      readTimeout,
    );
  }
}

const EventSourceInterface: typeof EventSource = /* @__PURE__ */ webInterface(EventSource, {
  identifier: 'EventSource',
  constants: ReadyState,
  members: 'url withCredentials readyState onopen onmessage onerror close',
});
type EventSourceInterface = EventSource;

export { EventSourceInterface as EventSource };
