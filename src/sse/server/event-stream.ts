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
import { encodeComment, encodeEvent, partsOf, type Serialize, type ServerSentEvent } from '../wire/event-encoder.ts';
import { Backlog } from './backlog.ts';
import { chunkOf, chunkOfText, ResponseWriter } from './response-writer.ts';

/** @typeParam Data what `serialize` takes */
export interface EventStreamOptions<Data = string> {
  /** More header fields of the response, such as those of CORS; they go before ours of the same name. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /** The reconnection time that the client is told at the start, in milliseconds. Default: not told. */
  readonly retry?: number | undefined;
  /** Milliseconds without an event after which a comment is sent, so that no intermediary ends the stream; 0: never. Default: 15,000. */
  readonly heartbeat?: number | undefined;
  /** Bytes of events queued for a client that does not read; 0 for no limit. Default: 16 MiB. */
  readonly maxBackpressure?: number | undefined;
  /**
   * What happens to a client for which more than that would be queued: its stream is terminated; or the oldest events
   * that wait are dropped; or the application is called, which may close the stream: if it does not, the event is dropped.
   * Default: `terminate`. 'overflow' is emitted in each case.
   */
  readonly onBackpressure?: BackpressurePolicy | undefined;
  /** Makes the text of the data of each event, such as `JSON.stringify`. Default: data must be strings. */
  readonly serialize?: Serialize<Data> | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the data of the stream are
export type BackpressurePolicy = 'terminate' | 'drop-oldest' | ((stream: EventStream<any>) => void);

export interface EventStreamEventMap {
  /** After `send()` returned false: the client takes more. */
  drain: [];
  /** More than `maxBackpressure` bytes would be queued: so many events were dropped. */
  overflow: [dropped: number];
  /** The stream is over: the client left, or `close()` was called. Once. */
  close: [];
}

/** Sends what is encoded already, to many: for EventChannel alone, so the class shares it with this folder only. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the data of the stream are
export let writeEncoded: (stream: EventStream<any>, chunk: Buffer) => boolean;

const POLICIES = ['terminate', 'drop-oldest'] as const;

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** A comment, for intermediaries that end what is quiet. */
const HEARTBEAT_COMMENT = chunkOfText(':\n\n');

/** What every stream is answered with. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream',
  // `no-transform` keeps intermediaries from compressing, and so from buffering.
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers responses unless it is told not to.
  'X-Accel-Buffering': 'no',
};

/** One response that is an event stream, WHATWG HTML §9.2: for node:http, node:https and the compatibility API of node:http2. */
export class EventStream<Data = string> extends EventEmitter<EventStreamEventMap> {
  /** What the client sent as `Last-Event-ID`, decoded; empty if nothing. The events after it are what it misses. */
  readonly lastEventId: string;
  readonly #response: ServerResponse;
  readonly #writer: ResponseWriter;
  readonly #serialize: Serialize<Data> | undefined;
  readonly #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #maxBackpressure: number;
  readonly #onBackpressure: BackpressurePolicy;
  /** Whether `write` returned false: the compatibility API of http2 has no `writableNeedDrain`. */
  #congested = false;
  /** What waits until the response takes more: here, and not in the response, it can still be dropped. */
  readonly #backlog = new Backlog();

  /**
   * Answers a request with an event stream. The head is sent at once, so that the client's 'open' doesn't wait for the
   * first event. A HEAD request gets the head, and the stream is closed.
   *
   * @throws TypeError or RangeError for invalid options; Error if the response has been begun
   */
  static open<Data = string>(
    request: Request,
    response: Response,
    options: EventStreamOptions<Data> = {},
  ): EventStream<Data> {
    // What is used of the compatibility API of http2 is the same; only its types are others.
    return new EventStream<Data>(request, response as ServerResponse, options);
  }

  static {
    writeEncoded = (stream, chunk) => stream.#write(chunk);
  }

  private constructor(request: Request, response: ServerResponse, options: EventStreamOptions<Data>) {
    super();
    const { retry, headers = {}, onBackpressure } = options;
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
    const start = retry === undefined ? '' : encodeEvent({ retry });
    if (response.headersSent) {
      throw Object.assign(new Error('The response has been begun: it cannot become an event stream'), {
        code: 'SSE_ERR_HEADERS_SENT',
      });
    }
    this.lastEventId = lastEventIdOf(request);
    this.#response = response;
    this.#writer = new ResponseWriter(response, () => this.#drain());

    for (const [name, value] of Object.entries({ ...HEADERS, ...headers })) {
      response.setHeader(name, value);
    }
    response.statusCode = 200;
    // A client that left shows as 'close'; an 'error' of a write to it would only be the same news again.
    response.on('error', () => this.#end());
    response.on('close', () => this.#end());
    response.flushHeaders();
    if (request.method === 'HEAD') {
      this.close();
      return;
    }
    if (start !== '') this.#write(chunkOfText(start));
    if (heartbeat > 0) {
      this.#heartbeat = setTimeout(() => this.#sendHeartbeat(), heartbeat);
      this.#heartbeat.unref();
    }
  }

  /** Whether the stream is over. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends an event; a string stands for its data. Returns false under backpressure, and then 'drain' follows; and false
   * once the stream is closed.
   *
   * @throws TypeError for CR, LF or NUL in `event` or `id`; RangeError for an invalid `retry`
   */
  send(event: ServerSentEvent<Data> | string): boolean {
    const fields = typeof event === 'string' ? { data: event as Data } : event;
    return this.#write(chunkOf(partsOf(fields, this.#serialize)));
  }

  /**
   * Sends a comment, which clients ignore. Returns as `send()`.
   *
   * @throws TypeError for CR, LF or NUL
   */
  comment(text: string): boolean {
    return this.#write(chunkOfText(encodeComment(text)));
  }

  /**
   * Ends the response, after what is queued. A client of the standard will reconnect: to stop it, answer its next request
   * with 204.
   */
  close(): void {
    if (this.#closed) return;
    while (this.#backlog.length > 0) this.#writer.write(this.#backlog.shift());
    this.#response.end();
    this.#end();
  }

  /**
   * As `close()`, and waits until the client has got everything; after `timeout` milliseconds at the latest the connection
   * is ended. Default: 10,000.
   */
  async shutdown(options: { readonly timeout?: number | undefined } = {}): Promise<void> {
    const timeout = eventStreamOption.milliseconds('timeout', options.timeout, DEFAULT_SHUTDOWN_TIMEOUT);
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

  /** Ends the connection at once: what is queued is lost. */
  terminate(): void {
    this.#response.destroy();
    this.#end();
  }

  /** Bytes of events that wait here because the client does not read, and what it costs to keep them. */
  get queuedBytes(): number {
    return this.#backlog.bytes;
  }

  /** Waits until the client takes more: true then, which may be at once; false when the stream is over. */
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

  #write(chunk: Buffer): boolean {
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
    const backlog = this.#backlog;
    const limit = this.#maxBackpressure;
    if (!backlog.fits(event, limit)) {
      const policy = this.#onBackpressure;
      if (policy === 'drop-oldest') {
        let dropped = 0;
        for (; !backlog.fits(event, limit) && backlog.length > 0; dropped++) backlog.shift();
        this.emit('overflow', dropped);
      } else {
        this.emit('overflow', policy === 'terminate' ? backlog.length + 1 : 1);
        if (policy === 'terminate') this.terminate();
        else policy(this);
        return;
      }
    }
    backlog.push(event);
  }

  #drain(): void {
    if (!this.#congested) return;
    this.#congested = false;
    while (this.#backlog.length > 0 && !this.#congested) {
      this.#congested = !this.#writer.write(this.#backlog.shift());
    }
    if (!this.#congested) this.emit('drain');
  }

  #sendHeartbeat(): void {
    // A client that doesn't take what it has got needs no more to keep it.
    if (!this.#congested) this.#write(HEARTBEAT_COMMENT);
    this.#heartbeat?.refresh();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.end();
    this.#backlog.clear();
    clearTimeout(this.#heartbeat);
    // Never within `open()`, which may find that there is nothing to send: nobody could listen yet.
    process.nextTick(() => this.emit('close'));
  }
}

/** Browsers send the id as UTF-8 (WHATWG Fetch: "UTF-8 encode"). */
function lastEventIdOf(request: Request): string {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' ? decodeHeaderText(value) : '';
}
