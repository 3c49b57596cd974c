import { isAscii } from 'node:buffer';
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
const COLON = 0x3a;
const SPACE = 0x20;
const BYTE_ORDER_MARK = 0xfeff;

const ID: Uint8Array = Buffer.from('id');
const DATA: Uint8Array = Buffer.from('data');
const EVENT: Uint8Array = Buffer.from('event');
const RETRY: Uint8Array = Buffer.from('retry');
const LONGEST_NAME: number = EVENT.length;

const EMPTY: Buffer = Buffer.alloc(0);
/** A buffer for partial lines up to this size is used again. */
const KEPT_BUFFER = 64 * 1024;
/** Bytes at the end of a chunk. */
const NEAR = 128;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const STREAMING = { stream: true };
/** Memory for so many characters is used again. */
const KEPT_UNITS = 128 * 1024;
const NO_UNITS = new Uint16Array();
/** The memory into which the characters of text go that is not ASCII. */
let scratch: Uint16Array = NO_UNITS;

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
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const start = this.#skipLineFeed && bytes[0] === LF ? 1 : 0;
    this.#skipLineFeed = false;

    const linesEnd = endOfLastLine(bytes);
    if (linesEnd > start) {
      this.#skipLineFeed = linesEnd === bytes.length && bytes[linesEnd - 1] === CR;
      if (this.#partialLength > 0) this.#takeJoined(bytes, start, linesEnd);
      else this.#takeBytes(start === 0 && linesEnd === bytes.length ? bytes : bytes.subarray(start, linesEnd));
      if (this.#failed) return;
      if (linesEnd < bytes.length) this.#keep(bytes, linesEnd, bytes.length);
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

  /** Takes the lines of which the first began in the chunks before. */
  #takeJoined(bytes: Buffer, start: number, end: number): void {
    this.#keep(bytes, start, end);
    const joined = this.#partial;
    const length = this.#partialLength;
    // Nobody writes to it before its lines have been taken, and a large one, for one very long line, is let go.
    this.#partial = EMPTY;
    this.#partialLength = 0;
    this.#takeBytes(joined.subarray(0, length));
    if (joined.length <= KEPT_BUFFER && this.#partial === EMPTY) this.#partial = joined;
  }

  /**
   * Takes whole lines: the last byte is a line end.
   *
   * Measured, by a loop over each: numbers in an array are read several times as fast as the characters of a string, so lines
   * and names are found in the one, and values are cut out of the other. ASCII bytes are such an array as they are.
   */
  #takeBytes(lines: Buffer): void {
    if (isAscii(lines)) return this.#takeLines(lines.toString('latin1'), lines);
    // Twice as fast as `toString` in Node 20 and 22. It holds nothing back, for lines end in ASCII.
    const text = decoder.decode(lines, STREAMING);
    const units = scratch.length >= text.length ? scratch : new Uint16Array(Math.max(text.length, NEAR));
    // Not while a listener of ours might use it by another parser.
    scratch = NO_UNITS;
    Buffer.from(units.buffer).write(text, 'utf16le');
    this.#takeLines(text, units);
    if (units.length <= KEPT_UNITS) scratch = units;
  }

  /** @param codes those of the characters of the text, and others behind them */
  #takeLines(text: string, codes: Uint8Array | Uint16Array): void {
    // "One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present."
    let start = this.#atStart && codes[0] === BYTE_ORDER_MARK ? 1 : 0;
    this.#atStart = false;
    // The next of each, so that a stream with only one kind of line end is not searched for the other again and again.
    let carriageReturn = indexOrEnd(text, '\r', start);
    let lineFeed = indexOrEnd(text, '\n', start);
    while (start < text.length && !this.#failed) {
      const end = carriageReturn < lineFeed ? carriageReturn : lineFeed;
      if (end === start) this.#dispatch();
      else this.#takeLine(text, codes, start, end);
      start = end === carriageReturn && lineFeed === end + 1 ? end + 2 : end + 1;
      if (carriageReturn < start) carriageReturn = indexOrEnd(text, '\r', start);
      // An empty line is seen without a search.
      if (lineFeed < start) lineFeed = codes[start] === LF ? start : indexOrEnd(text, '\n', start);
    }
  }

  /** Takes a line that is not empty. No name of a field is longer than five characters: what is behind is not looked at. */
  #takeLine(text: string, codes: Uint8Array | Uint16Array, start: number, end: number): void {
    const limit = Math.min(end, start + LONGEST_NAME + 1);
    let nameEnd = start;
    while (nameEnd < limit && codes[nameEnd] !== COLON) nameEnd++;
    let valueStart = nameEnd;
    if (nameEnd < end) valueStart += codes[nameEnd + 1] === SPACE && nameEnd + 1 < end ? 2 : 1;
    // The name is compared where it stands: to cut it out for that would cost as much as all the rest.
    switch (nameEnd - start) {
      case 0:
        this.#sink.onComment?.(text.slice(start + 1, end));
        break;
      case 2:
        if (isName(codes, start, ID) && !hasNull(codes, valueStart, end)) {
          this.#lastEventIdBuffer = text.slice(valueStart, end);
        }
        break;
      case 4:
        if (isName(codes, start, DATA)) this.#takeData(text.slice(valueStart, end));
        break;
      case 5:
        if (isName(codes, start, EVENT)) this.#eventType = text.slice(valueStart, end);
        else if (isName(codes, start, RETRY)) this.#takeRetry(text.slice(valueStart, end));
        break;
    }
  }

  #takeData(value: string): void {
    this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
    this.#hasData = true;
    if (this.#data.length > this.#maxEventSize) this.#fail();
  }

  #takeRetry(value: string): void {
    if (/^[0-9]+$/.test(value)) this.#sink.onRetry?.(Math.min(Number(value), Number.MAX_SAFE_INTEGER));
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

function isName(codes: Uint8Array | Uint16Array, start: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index++) {
    if (codes[start + index] !== name[index]) return false;
  }
  return true;
}

function hasNull(codes: Uint8Array | Uint16Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (codes[index] === 0) return true;
  }
  return false;
}

/** Behind the last LF or CR; 0 if there is none. Mostly it is near: only if it is not does the search by `lastIndexOf` pay. */
function endOfLastLine(bytes: Buffer): number {
  const near = Math.max(0, bytes.length - NEAR);
  for (let index = bytes.length - 1; index >= near; index--) {
    if (bytes[index] === LF || bytes[index] === CR) return index + 1;
  }
  return near === 0 ? 0 : Math.max(bytes.lastIndexOf(LF, near), bytes.lastIndexOf(CR, near)) + 1;
}

function indexOrEnd(text: string, character: string, start: number): number {
  const index = text.indexOf(character, start);
  return index === -1 ? text.length : index;
}
