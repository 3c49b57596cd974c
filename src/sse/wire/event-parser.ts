import { DEFAULT_MAX_EVENT_SIZE } from '../../limits.ts';

/** An event as WHATWG HTML §9.2.6 dispatches it. */
export interface ParsedEvent {
  /** The event type; `message` if the stream gave none. */
  readonly type: string;
  readonly data: string;
  /** The last event ID as of this event; empty for none. It persists over events that have none of their own. */
  readonly lastEventId: string;
}

/** What a parser tells. All calls are synchronous. */
export interface EventSink {
  onEvent(event: ParsedEvent): void;
  /** A new reconnection time, in milliseconds. */
  onRetry?(milliseconds: number): void;
  onComment?(text: string): void;
  /** A line or an event is larger than `maxEventSize`, and the parser takes nothing more. Without it, `push` throws. */
  onError?(error: EventTooLargeError): void;
}

export interface EventParserOptions {
  /** Bytes of one line, and characters of one event's data. Default: 16 MiB. */
  readonly maxEventSize?: number | undefined;
  /** The last event ID to start with, after a reconnection. Default: empty. */
  readonly lastEventId?: string | undefined;
}

/** A line or an event is larger than `maxEventSize`. */
export class EventTooLargeError extends RangeError {
  override readonly name: string = 'EventTooLargeError';
  readonly code: string = 'SSE_ERR_EVENT_TOO_LARGE';
  readonly limit: number;

  constructor(limit: number) {
    super(`An event or a line is larger than maxEventSize, which is ${limit} bytes`);
    this.limit = limit;
  }
}

const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

const EMPTY: Buffer = Buffer.alloc(0);
/** A buffer for partial lines up to this size is used again; a larger one, for one very long line, is let go. */
const KEPT_BUFFER = 64 * 1024;

/**
 * Bytes to events, WHATWG HTML §9.2.5 and §9.2.6. Any chunking of the bytes gives the same events, in time linear in
 * their number: every byte is looked at once for a line end, and decoded once, when its line is whole. Cutting at line
 * ends is what makes decoding simple: no UTF-8 sequence contains CR or LF.
 */
export class EventParser {
  readonly #sink: EventSink;
  readonly #maxEventSize: number;

  /** The bytes of a line whose end has not come, in a buffer that doubles. */
  #partial: Buffer = EMPTY;
  #partialLength = 0;
  /** The chunk before ended in CR: a LF at the start of the next one belongs to it. */
  #skipLineFeed = false;
  /** Nothing has been decoded yet: a byte order mark may come. */
  #atStart = true;
  #failed = false;

  // The buffers of §9.2.6.
  #data = '';
  #hasData = false;
  #eventType = '';
  #lastEventIdBuffer: string;
  #lastEventId: string;

  constructor(sink: EventSink, options: EventParserOptions = {}) {
    this.#sink = sink;
    this.#maxEventSize = options.maxEventSize ?? DEFAULT_MAX_EVENT_SIZE;
    this.#lastEventId = options.lastEventId ?? '';
    this.#lastEventIdBuffer = this.#lastEventId;
  }

  /** The last event ID as of the last dispatch: what a client sends when it reconnects. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /**
   * Takes bytes, in any chunks; they are not kept.
   *
   * @throws EventTooLargeError if the sink has no `onError`
   */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.#failed) return;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const start = this.#skipLineFeed && bytes[0] === LF ? 1 : 0;
    this.#skipLineFeed = false;

    const linesEnd = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR)) + 1;
    if (linesEnd > start) {
      this.#skipLineFeed = linesEnd === bytes.length && bytes[linesEnd - 1] === CR;
      let text: string;
      if (this.#partialLength > 0) {
        this.#keep(bytes, start, linesEnd);
        text = this.#partial.toString('utf8', 0, this.#partialLength);
        this.#partialLength = 0;
        if (this.#partial.length > KEPT_BUFFER) this.#partial = EMPTY;
      } else {
        text = bytes.toString('utf8', start, linesEnd);
      }
      this.#takeLines(text);
      if (this.#failed) return;
      this.#keep(bytes, linesEnd, bytes.length);
    } else {
      this.#keep(bytes, start, bytes.length);
    }
    if (this.#partialLength > this.#maxEventSize) this.#fail();
  }

  /**
   * The stream is over. "Once the end of the file is reached, any pending data must be discarded": an event whose empty
   * line has not come is thrown away. The parser is then ready for the next connection's stream; only the last event ID
   * and what the sink was told remain.
   */
  end(): void {
    this.#partial = EMPTY;
    this.#partialLength = 0;
    this.#skipLineFeed = false;
    this.#atStart = true;
    this.#failed = false;
    this.#resetEvent();
    this.#lastEventIdBuffer = this.#lastEventId;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const length = this.#partialLength + end - start;
    if (length > this.#partial.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#partial.length * 2));
      this.#partial.copy(larger, 0, 0, this.#partialLength);
      this.#partial = larger;
    }
    bytes.copy(this.#partial, this.#partialLength, start, end);
    this.#partialLength = length;
  }

  /** Takes whole lines: the text ends with a line end. */
  #takeLines(text: string): void {
    // "One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present."
    let start = this.#atStart && text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
    this.#atStart = false;
    // The next of each, so that a stream with only one kind of line end is not searched for the other again and again.
    let lineFeed = text.indexOf('\n', start);
    let carriageReturn = text.indexOf('\r', start);
    while (start < text.length && !this.#failed) {
      let end = lineFeed;
      let next = lineFeed + 1;
      if (carriageReturn !== -1 && (lineFeed === -1 || carriageReturn < lineFeed)) {
        end = carriageReturn;
        next = lineFeed === carriageReturn + 1 ? carriageReturn + 2 : carriageReturn + 1;
        carriageReturn = text.indexOf('\r', next);
      }
      this.#takeLine(text, start, end);
      start = next;
      if (lineFeed !== -1 && lineFeed < start) lineFeed = text.indexOf('\n', start);
    }
  }

  #takeLine(text: string, start: number, end: number): void {
    if (start === end) return this.#dispatch();
    const colon = indexOfColon(text, start, end);
    if (colon === start) {
      this.#sink.onComment?.(text.slice(start + 1, end));
    } else if (colon === -1) {
      this.#takeField(text.slice(start, end), '');
    } else {
      const valueStart = text.charCodeAt(colon + 1) === 0x20 && colon + 1 < end ? colon + 2 : colon + 1;
      this.#takeField(text.slice(start, colon), text.slice(valueStart, end));
    }
  }

  #takeField(name: string, value: string): void {
    switch (name) {
      case 'data':
        this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
        this.#hasData = true;
        if (this.#data.length > this.#maxEventSize) this.#fail();
        break;
      case 'event':
        this.#eventType = value;
        break;
      case 'id':
        if (!value.includes('\0')) this.#lastEventIdBuffer = value;
        break;
      case 'retry':
        if (/^[0-9]+$/.test(value)) this.#sink.onRetry?.(Math.min(Number(value), Number.MAX_SAFE_INTEGER));
        break;
    }
  }

  #dispatch(): void {
    // Set before the data is looked at: an id in a block without data counts.
    this.#lastEventId = this.#lastEventIdBuffer;
    const event = { type: this.#eventType || 'message', data: this.#data, lastEventId: this.#lastEventId };
    const hasData = this.#hasData;
    this.#resetEvent();
    if (hasData) this.#sink.onEvent(event);
  }

  #resetEvent(): void {
    this.#data = '';
    this.#hasData = false;
    this.#eventType = '';
  }

  #fail(): void {
    this.#failed = true;
    this.#partial = EMPTY;
    this.#partialLength = 0;
    this.#resetEvent();
    const error = new EventTooLargeError(this.#maxEventSize);
    if (this.#sink.onError === undefined) throw error;
    this.#sink.onError(error);
  }
}

/** The field name's end. `indexOf` would run past the line's end. */
function indexOfColon(text: string, start: number, end: number): number {
  for (let index = start; index < end; index++) {
    if (text.charCodeAt(index) === 0x3a) return index;
  }
  return -1;
}
