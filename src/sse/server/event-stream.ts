import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import {
  DEFAULT_EVENT_STREAM_HEARTBEAT,
  DEFAULT_EVENT_STREAM_MAX_BACKPRESSURE,
  DEFAULT_SHUTDOWN_TIMEOUT,
} from '../../shared/defaults.ts';
import { decodeHeaderText } from '../../shared/http/header-text.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { encodeComment, encodeEvent, type Serialize, type ServerSentEvent, toFields } from '../wire/event-encoder.ts';
import { encodeEventChunk, encodeTextChunk } from './http-chunk.ts';
import { PendingEvents } from './pending-events.ts';
import { ResponseWriter } from './response-writer.ts';

/**
 * Options of an EventStream.
 *
 * @typeParam Data the type of the data of the events
 */
export interface EventStreamOptions<Data = string> {
  /** Headers of the response, such as those of CORS. They replace the default headers of the same name. Default: none. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /** The reconnection time to send first, in whole milliseconds (§9.2.6). Default: none, so that the client uses its own. */
  readonly retry?: number | undefined;
  /**
   * The milliseconds without an event until a comment is sent, so that no intermediary ends the stream; 0 for never.
   * Default: 15,000.
   */
  readonly heartbeat?: number | undefined;
  /** The maximum number of bytes queued for a client that does not read; 0 for no limit. Default: 16 MiB. */
  readonly maxBackpressure?: number | undefined;
  /**
   * What happens when a new event would exceed `maxBackpressure`. `terminate` destroys the connection. `drop-oldest` drops
   * the oldest queued events. A function is called, and may close the stream; the new event is dropped. In each case, the
   * stream emits 'overflow' first. Default: `terminate`.
   */
  readonly onBackpressure?: BackpressurePolicy | undefined;
  /** Converts the data of each event to text, such as `JSON.stringify`. Default: none, so that data must be strings. */
  readonly serialize?: Serialize<Data> | undefined;
}

/** What happens when a new event would exceed `maxBackpressure`. */
// biome-ignore lint/suspicious/noExplicitAny: streams with any type of data
export type BackpressurePolicy = 'terminate' | 'drop-oldest' | ((stream: EventStream<any>) => void);

/** The events of an EventStream, with the arguments of their listeners. */
export interface EventStreamEventMap {
  /** After `send()` returned false, the queue is empty: the client reads again. */
  drain: [];
  /** An event would exceed `maxBackpressure`. The argument is the number of dropped events. */
  overflow: [dropped: number];
  /** The stream ended: the client disconnected, or `close()` was called. Emitted once. */
  close: [];
}

const POLICIES = ['terminate', 'drop-oldest'] as const;

const RESPONSE_METHODS = ['setHeader', 'flushHeaders', 'write', 'end', 'on'];

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** An empty comment. */
const HEARTBEAT_COMMENT = /* @__PURE__ */ encodeTextChunk(':\n\n');

/** The headers of every response. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream',
  // `no-transform` prevents intermediaries from compressing the stream, and thereby from buffering it.
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers responses by default.
  'X-Accel-Buffering': 'no',
};

/**
 * A response that is an event stream, WHATWG HTML §9.2. It works with node:http, node:https and the compatibility API of
 * node:http2.
 *
 * @typeParam Data the type of the data of the events
 */
export class EventStream<Data = string> extends EventEmitter<EventStreamEventMap> {
  /**
   * The decoded Last-Event-ID header of the request: the client has missed the later events. An empty string if there is none.
   */
  readonly lastEventId: string;
  readonly #response: ServerResponse;
  readonly #writer: ResponseWriter;
  readonly #serialize: Serialize<Data> | undefined;
  readonly #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #maxBackpressure: number;
  readonly #onBackpressure: BackpressurePolicy;
  /** Whether the last write returned false. The compatibility API of http2 has no `writableNeedDrain`. */
  #congested = false;
  /** The events that wait for 'drain'. Here they can still be dropped, unlike in the response. */
  readonly #pending = new PendingEvents();

  /**
   * Responds to a request with an event stream. The status 200 and the headers are sent at once, so that the client emits
   * 'open' before the first event. For a HEAD request, the stream closes after the headers.
   *
   * @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION
   * @throws Error with the code SSE_ERR_HEADERS_SENT if the headers of the response were sent already
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
    options = eventStreamOption.object('options', options);
    const { retry, onBackpressure } = options;
    const headers = eventStreamOption.object('headers', options.headers);
    const heartbeat = eventStreamOption.milliseconds('heartbeat', options.heartbeat, DEFAULT_EVENT_STREAM_HEARTBEAT);
    this.#maxBackpressure = eventStreamOption.limit(
      'maxBackpressure',
      options.maxBackpressure,
      DEFAULT_EVENT_STREAM_MAX_BACKPRESSURE,
      'bytes',
    );
    this.#onBackpressure =
      typeof onBackpressure === 'function'
        ? onBackpressure
        : eventStreamOption.oneOf('onBackpressure', onBackpressure, POLICIES, 'terminate', 'a function');
    this.#serialize = eventStreamOption.callback('serialize', options.serialize);
    const retryField = encodeRetry(retry);
    checkExchange(request, response);
    if (response.headersSent) {
      throw Object.assign(new Error('Response headers already sent'), { code: 'SSE_ERR_HEADERS_SENT' });
    }
    this.lastEventId = readLastEventId(request);
    this.#response = response;
    this.#writer = new ResponseWriter(response, () => this.#drain());

    for (const [name, value] of Object.entries({ ...HEADERS, ...headers })) {
      response.setHeader(name, value);
    }
    response.statusCode = 200;
    // A client that disconnects causes 'close'. An 'error' of a write means the same.
    response.on('error', () => this.#end());
    response.on('close', () => this.#end());
    // If the client resets an HTTP/2 stream with NO_ERROR during a write, Node emits 'aborted', but never 'close'.
    if (request.httpVersionMajor === 2) {
      (response as unknown as Http2ServerResponse).stream.once('aborted', () => this.terminate());
    }
    response.flushHeaders();
    if (request.method === 'HEAD') {
      this.close();
      return;
    }
    if (retryField !== '') this._writeChunk(encodeTextChunk(retryField));
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
   * @throws TypeError with the code SSE_ERR_INVALID_TYPE for an event or a field of the wrong type
   * @throws RangeError with the code SSE_ERR_OUT_OF_RANGE for an invalid `retry` or numeric `id`
   */
  send(event: ServerSentEvent<Data> | string): boolean {
    return this._writeChunk(encodeEventChunk(toFields(event), this.#serialize));
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
   * (§9.2.1).
   */
  close(): void {
    if (this.#closed) return;
    for (let event = this.#pending.shift(); event !== undefined; event = this.#pending.shift())
      this.#writer.write(event);
    this.#response.end();
    this.#end();
  }

  /**
   * Calls `close()`, and waits until everything has been sent. After `timeout` milliseconds (default: 10,000) it destroys
   * the connection.
   *
   * @throws TypeError or RangeError for an invalid timeout, with the code SSE_ERR_INVALID_OPTION
   */
  async shutdown(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    const timeout = shutdownTimeout(options);
    const response = this.#response;
    this.close();
    if (response.writableFinished || response.destroyed) return;
    const force = setTimeout(() => response.destroy(), timeout);
    await new Promise<void>((resolve) => {
      response.once('finish', resolve);
      response.once('close', resolve);
    });
    clearTimeout(force);
  }

  /** Destroys the connection at once. Queued events are lost. */
  terminate(): void {
    this.#response.destroy();
    this.#end();
  }

  /** The bytes of the events queued for a client that does not read, including the memory that holds them. */
  get queuedBytes(): number {
    return this.#pending.bytes;
  }

  /** Waits while the stream is under backpressure. Resolves to true after that, and to false after the end of the stream. */
  async drained(): Promise<boolean> {
    if (!this.#closed && this.#congested) {
      await new Promise<void>((resolve) => {
        const settle = (): void => {
          this.off('drain', settle);
          this.off('close', settle);
          resolve();
        };
        this.on('drain', settle);
        this.on('close', settle);
      });
    }
    return !this.#closed;
  }

  /**
   * Writes an encoded chunk, and returns the same as `send()`. EventChannel calls this with one chunk for many streams.
   *
   * @internal
   */
  _writeChunk(chunk: Buffer): boolean {
    if (this.#closed) return false;
    this.#heartbeat?.refresh();
    if (this.#congested) {
      this.#enqueue(chunk);
      return false;
    }
    this.#congested = !this.#writer.write(chunk);
    return !this.#congested;
  }

  #enqueue(event: Buffer): void {
    const pending = this.#pending;
    const limit = this.#maxBackpressure;
    if (!pending.hasRoomFor(event, limit)) {
      const policy = this.#onBackpressure;
      if (policy === 'drop-oldest') {
        let dropped = 0;
        for (; !pending.hasRoomFor(event, limit) && pending.length > 0; dropped++) pending.shift();
        this.emit('overflow', dropped);
      } else {
        this.emit('overflow', policy === 'terminate' ? pending.length + 1 : 1);
        if (policy === 'terminate') this.terminate();
        else policy(this);
        return;
      }
    }
    pending.push(event);
  }

  #drain(): void {
    if (!this.#congested) return;
    this.#congested = false;
    while (this.#pending.length > 0 && !this.#congested) {
      this.#congested = !this.#writer.write(this.#pending.shift()!);
    }
    if (!this.#congested) this.emit('drain');
  }

  #sendHeartbeat(): void {
    // Under backpressure, the connection is not idle.
    if (!this.#congested) this._writeChunk(HEARTBEAT_COMMENT);
    this.#heartbeat?.refresh();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.end();
    this.#pending.clear();
    clearTimeout(this.#heartbeat);
    // Not within `open()`, which ends the stream of a HEAD request: the application cannot have a listener yet.
    process.nextTick(() => this.emit('close'));
  }
}

/**
 * Returns the option `timeout` of `shutdown()`.
 *
 * @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION
 */
export function shutdownTimeout(options: { readonly timeout?: number | undefined } | null | undefined): number {
  const { timeout } = eventStreamOption.object('options', options);
  return eventStreamOption.milliseconds('timeout', timeout, DEFAULT_SHUTDOWN_TIMEOUT);
}

function checkExchange(request: Request | null | undefined, response: ServerResponse): void {
  if (typeof request?.headers !== 'object') {
    throw eventStreamOption.error(TypeError, 'request', 'a request of node:http or node:http2', request);
  }
  // A response of a test may have no more than `headersSent`.
  if (response?.headersSent !== true) {
    eventStreamOption.withMethods('response', response, RESPONSE_METHODS, 'a response of node:http or node:http2');
  }
}

/** Encodes the option `retry`. Returns an empty string if there is none. */
function encodeRetry(retry: number | null | undefined): string {
  if (retry === undefined || retry === null) return '';
  return encodeEvent({ retry: eventStreamOption.integer('retry', retry, 0, Number.MAX_SAFE_INTEGER) });
}

/** §9.2.3: the client sends the last event ID "encoded as UTF-8". */
function readLastEventId(request: Request): string {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' ? decodeHeaderText(value) : '';
}
