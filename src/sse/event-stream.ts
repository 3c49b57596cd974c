import { isUtf8 } from 'node:buffer';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { DEFAULT_EVENT_STREAM_HEARTBEAT } from '../limits.ts';
import { type EventStreamEvent, encodeComment, encodeEvent } from './wire/event-encoder.ts';

export interface EventStreamOptions {
  /** More header fields of the response, such as those of CORS; they go before ours of the same name. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /** The reconnection time that the client is told at the start, in milliseconds. Default: not told. */
  readonly retry?: number | undefined;
  /** Milliseconds without an event after which a comment is sent, so that no intermediary ends the stream; 0: never. Default: 15,000. */
  readonly heartbeat?: number | undefined;
}

export interface EventStreamEvents {
  /** After `send()` returned false: the client takes more. */
  drain: [];
  /** The stream is over: the client left, or `close()` was called. Once. */
  close: [];
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** What every stream is answered with. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream',
  // `no-transform` keeps intermediaries from compressing, and so from buffering.
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers responses unless it is told not to.
  'X-Accel-Buffering': 'no',
};

/** One response that is an event stream, WHATWG HTML §9.2: for node:http, node:https and the compatibility API of node:http2. */
export class EventStream extends EventEmitter<EventStreamEvents> {
  /** What the client sent as `Last-Event-ID`, decoded; empty if nothing. The events after it are what it misses. */
  readonly lastEventId: string;
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;
  /** Whether `write` returned false: the compatibility API of http2 has no `writableNeedDrain`. */
  #congested = false;

  /**
   * Answers a request with an event stream. The head is sent at once, so that the client's 'open' doesn't wait for the
   * first event. A HEAD request gets the head, and the stream is closed.
   *
   * @throws TypeError or RangeError for invalid options; Error if the response has been begun
   */
  static open(request: Request, response: Response, options: EventStreamOptions = {}): EventStream {
    // What is used of the compatibility API of http2 is the same; only its types are others.
    return new EventStream(request, response as ServerResponse, options);
  }

  private constructor(request: Request, response: ServerResponse, options: EventStreamOptions) {
    super();
    const { heartbeat = DEFAULT_EVENT_STREAM_HEARTBEAT, retry, headers = {} } = options;
    if (typeof heartbeat !== 'number' || !(heartbeat >= 0)) {
      throw Object.assign(new RangeError(`heartbeat must be zero or more milliseconds, and is ${String(heartbeat)}`), {
        code: 'SSE_ERR_OUT_OF_RANGE',
      });
    }
    const start = retry === undefined ? '' : encodeEvent({ retry });
    if (response.headersSent) {
      throw Object.assign(new Error('The response has been begun: it cannot become an event stream'), {
        code: 'SSE_ERR_HEADERS_SENT',
      });
    }
    this.lastEventId = lastEventIdOf(request);
    this.#response = response;

    for (const [name, value] of Object.entries({ ...HEADERS, ...headers })) {
      response.setHeader(name, value);
    }
    response.statusCode = 200;
    // A client that left shows as 'close'; an 'error' of a write to it would only be the same news again.
    response.on('error', () => this.#end());
    response.on('close', () => this.#end());
    response.on('drain', () => {
      this.#congested = false;
      this.emit('drain');
    });
    response.flushHeaders();
    if (request.method === 'HEAD') {
      this.close();
      return;
    }
    if (start !== '') response.write(start);
    if (heartbeat > 0) {
      this.#heartbeat = setTimeout(() => this.#beat(), Math.min(heartbeat, 0x7fff_ffff));
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
  send(event: EventStreamEvent | string): boolean {
    return this.#write(encodeEvent(typeof event === 'string' ? { data: event } : event));
  }

  /**
   * Sends a comment, which clients ignore. Returns as `send()`.
   *
   * @throws TypeError for CR, LF or NUL
   */
  comment(text: string): boolean {
    return this.#write(encodeComment(text));
  }

  /** Ends the response. A client of the standard will reconnect: to stop it, answer its next request with 204. */
  close(): void {
    if (this.#closed) return;
    this.#response.end();
    this.#end();
  }

  #write(text: string): boolean {
    if (this.#closed) return false;
    this.#heartbeat?.refresh();
    this.#congested = !this.#response.write(text);
    return !this.#congested;
  }

  #beat(): void {
    // A client that doesn't take what it has got needs no more to keep it.
    if (!this.#congested) this.#write(':\n\n');
    this.#heartbeat?.refresh();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#heartbeat);
    // Never within `open()`, which may find that there is nothing to send: nobody could listen yet.
    process.nextTick(() => this.emit('close'));
  }
}

/**
 * node:http gives each byte of a field as one character. Browsers send the id as UTF-8 (WHATWG Fetch: "UTF-8 encode");
 * clients that send it as Latin-1 are understood, too, as hardly any such text is valid UTF-8.
 */
function lastEventIdOf(request: Request): string {
  const value = request.headers['last-event-id'];
  if (typeof value !== 'string') return '';
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
}
