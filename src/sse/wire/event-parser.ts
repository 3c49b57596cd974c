import { isAscii, isUtf8, transcode } from 'node:buffer';
import { DEFAULT_MAX_EVENT_SIZE } from '../../shared/defaults.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { checkSink, toBuffer } from './event-parser-arguments.ts';
import { copyBytes, endOfFirstLine, endOfLastLine } from './line-ends.ts';

/** An event as it is dispatched, WHATWG HTML §9.2.6. */
export interface ParsedEvent {
  /** The event type; `message` if the stream sets none. */
  readonly type: string;
  /** The payload, with LF between its lines. */
  readonly data: string;
  /** The last event ID at the time of this event; empty for none. It stays set for later events without an `id` field. */
  readonly lastEventId: string;
}

/** Receives what a parser reads. All calls are synchronous, within `push()`. */
export interface EventSink {
  /** An event is complete. */
  onEvent(event: ParsedEvent): void;
  /** The stream sets a new reconnection time, in milliseconds. */
  onRetry?(milliseconds: number): void;
  /** The text of a comment, without the colon. */
  onComment?(text: string): void;
  /** A line or an event exceeds `maxEventSize`; the parser ignores all further input. Without this method, `push()` throws. */
  onError?(error: EventTooLargeError): void;
}

/** Options of an EventParser. */
export interface EventParserOptions {
  /** The maximum number of bytes in one line, and of characters in the data of one event. Default: 16 MiB. */
  readonly maxEventSize?: number | undefined;
  /** The last event ID to start with, after a reconnection. Default: an empty string. */
  readonly lastEventId?: string | undefined;
}

/** A line or an event exceeds `maxEventSize`. */
export class EventTooLargeError extends RangeError {
  override readonly name: string = 'EventTooLargeError';
  /** A stable code for programs. */
  readonly code: string = 'SSE_ERR_EVENT_TOO_LARGE';
  /** The value of `maxEventSize`: bytes of a line, or characters of data. */
  readonly limit: number;

  constructor(limit: number) {
    super(`Event or line exceeds maxEventSize (limit ${limit} bytes)`);
    this.limit = limit;
  }
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const BYTE_ORDER_MARK = 0xfeff;

/** The character codes of the field names `data`, `event`, `id` and `retry`. */
const A = 0x61;
const D = 0x64;
const E = 0x65;
const I = 0x69;
const N = 0x6e;
const R = 0x72;
const T = 0x74;
const V = 0x76;
const Y = 0x79;

const EMPTY: Buffer = /* @__PURE__ */ Buffer.alloc(0);
/** A buffer for a partial line is reused if it has at most this many bytes. */
const MAX_REUSED_BYTES = 64 * 1024;

/** After a line of more bytes than this, the next line is likely to be a long one, too. */
const LONG_LINE_BYTES = 4096;

const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });
const STREAMING = { stream: true };
/**
 * From this many bytes on, text that is not ASCII is decoded by `transcode`. Measured in Node 20 and 22: it takes half the
 * time of a TextDecoder, but for a few bytes it takes longer to allocate its Buffer than to decode them.
 */
const TRANSCODE_FROM_BYTES = 4096;

/** The character codes of a text, and the same memory as bytes. */
interface TextMemory {
  readonly codes: Uint16Array;
  readonly bytes: Buffer;
}
const NO_MEMORY: TextMemory = { codes: /* @__PURE__ */ new Uint16Array(), bytes: EMPTY };
/** The memory that the next call of a parser may use. */
let spare: TextMemory = NO_MEMORY;

/**
 * Parses the bytes of an event stream, WHATWG HTML §9.2.5 and §9.2.6. The events do not depend on the chunking of the
 * bytes. The time is linear in their number: each byte is searched once for a line end, and decoded once or twice.
 *
 * Bytes that are not ASCII are decoded from line end to line end only. So no UTF-8 sequence is ever cut, because none
 * contains CR or LF.
 */
export class EventParser {
  readonly #sink: EventSink;
  readonly #maxEventSize: number;

  /** The bytes of an unfinished line, at the start of a buffer that doubles. */
  #partial: Buffer = EMPTY;
  #partialBytes = 0;
  #partialIsAscii = true;
  /** Whether the previous chunk ended with CR: a LF at the start of the next one belongs to the same line end. */
  #skipLineFeed = false;
  /** Whether nothing has been decoded yet, so that a byte order mark may follow. */
  #atStart = true;
  #failed = false;

  // The buffers of §9.2.6.
  #data = '';
  #hasData = false;
  #eventType = '';
  #lastEventIdBuffer: string;
  #lastEventId: string;
  /** Whether one of the IDs is a slice of the text of the current chunk. */
  #idIsSlice = false;

  /** @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION */
  constructor(sink: EventSink, options: EventParserOptions = {}) {
    this.#sink = checkSink(sink);
    options = eventStreamOption.object('options', options);
    this.#maxEventSize = eventStreamOption.nonNegative(
      'maxEventSize',
      options.maxEventSize,
      DEFAULT_MAX_EVENT_SIZE,
      'bytes',
    );
    this.#lastEventId = eventStreamOption.line('lastEventId', options.lastEventId, '');
    this.#lastEventIdBuffer = this.#lastEventId;
  }

  /** The last event ID at the time of the last dispatch. A client sends it when it reconnects. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /**
   * Parses the next bytes of the stream. The parser keeps no reference to the chunk.
   *
   * @throws EventTooLargeError if a line or an event exceeds `maxEventSize` and the sink has no `onError()`
   * @throws TypeError with the code SSE_ERR_INVALID_OPTION for a chunk that is not a Uint8Array
   */
  push(chunk: Uint8Array): void {
    const bytes = toBuffer(chunk);
    if (bytes.length === 0 || this.#failed) return;
    const ascii = isAscii(bytes);
    let start = this.#skipLineFeed && bytes[0] === LF ? 1 : 0;
    this.#skipLineFeed = false;
    if (this.#partialBytes > 0) {
      // A small chunk that is not ASCII is appended up to its last line end: decoding it in two steps takes longer.
      const end = ascii || bytes.length >= TRANSCODE_FROM_BYTES ? endOfFirstLine(bytes, start) : endOfLastLine(bytes);
      if (end <= start) return this.#keepRest(bytes, start, ascii);
      this.#keep(bytes, start, end, ascii);
      // After a long line, the rest is often the start of another one. It is kept without being decoded.
      const isLong = this.#partialBytes > LONG_LINE_BYTES;
      this.#parsePartial();
      start = end;
      if (isLong && !this.#failed && endOfLastLine(bytes) <= start) return this.#keepRest(bytes, start, ascii);
    }
    const rest = ascii
      ? this.#parseText(bytes.toString('latin1'), bytes, start)
      : this.#parseUnicode(bytes, start, endOfLastLine(bytes));
    if (!this.#failed) this.#keepRest(bytes, rest, ascii);
  }

  /**
   * Ends the stream. §9.2.6: "Once the end of the file is reached, any pending data must be discarded": an event without
   * its empty line is discarded. The parser can then read the stream of the next connection. It keeps the last event ID.
   */
  end(): void {
    this.#partial = EMPTY;
    this.#partialBytes = 0;
    this.#skipLineFeed = false;
    this.#atStart = true;
    this.#failed = false;
    this.#resetEvent();
    this.#lastEventIdBuffer = this.#lastEventId;
  }

  /** Keeps a copy of what follows the last line end. Nothing else of a chunk is kept. */
  #keepRest(bytes: Buffer, start: number, ascii: boolean): void {
    if (this.#idIsSlice) this.#copyIds();
    if (start === bytes.length) {
      this.#skipLineFeed = bytes[start - 1] === CR;
    } else {
      this.#keep(bytes, start, bytes.length, ascii);
      if (this.#partialBytes > this.#maxEventSize) this.#fail();
    }
  }

  #keep(bytes: Buffer, start: number, end: number, ascii: boolean): void {
    const length = this.#partialBytes + end - start;
    if (length > this.#partial.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#partial.length * 2));
      this.#partial.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    copyBytes(bytes, start, end, this.#partial, this.#partialBytes);
    this.#partialIsAscii = ascii && (this.#partialIsAscii || this.#partialBytes === 0);
    this.#partialBytes = length;
  }

  /** Parses the kept bytes, which now end with a line end. */
  #parsePartial(): void {
    const partial = this.#partial;
    const length = this.#partialBytes;
    // A listener may call push(), which must not overwrite these lines. A large buffer, for one long line, is not reused.
    this.#partial = EMPTY;
    this.#partialBytes = 0;
    if (this.#partialIsAscii) this.#parseText(partial.toString('latin1', 0, length), partial, 0);
    else this.#parseUnicode(partial, 0, length);
    if (partial.length <= MAX_REUSED_BYTES && this.#partial === EMPTY) this.#partial = partial;
  }

  /** Parses the lines between `start` and `end`, which are not all ASCII. Returns the start of the rest. */
  #parseUnicode(bytes: Buffer, start: number, end: number): number {
    if (end <= start) return start;
    const lines = bytes.subarray(start, end);
    if (lines.length >= TRANSCODE_FROM_BYTES && isUtf8(lines)) {
      const utf16 = transcode(lines, 'utf8', 'utf16le');
      this.#parseText(utf16.toString('utf16le'), new Uint16Array(utf16.buffer, utf16.byteOffset, utf16.length / 2), 0);
    } else {
      // Measured in Node 20 and 22: half the time of `toString()`. The decoder holds nothing back, because lines end in ASCII.
      const text = decoder.decode(lines, STREAMING);
      const memory = spare.codes.length >= text.length ? spare : memoryFor(text.length);
      // A listener may use another parser, which must not overwrite this text.
      spare = NO_MEMORY;
      memory.bytes.write(text, 'utf16le');
      this.#parseText(text, memory.codes, 0);
      if (memory.codes.length <= TRANSCODE_FROM_BYTES) spare = memory;
    }
    return end;
  }

  /**
   * Parses the complete lines of a text, from `from` on. Returns the start of the rest.
   *
   * Measured: reading the numbers of an array is several times as fast as reading the characters of a string. So names are
   * compared in the array, and values are sliced from the string. For ASCII, the bytes are that array.
   *
   * @param codes the character codes of the text; it may be longer
   */
  #parseText(text: string, codes: Uint8Array | Uint16Array, from: number): number {
    const { length } = text;
    let start = from;
    // "One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present."
    if (this.#atStart && start < length && codes[start] === BYTE_ORDER_MARK) start++;
    this.#atStart = false;
    // The next CR and the next LF. Both are stored, so that a text without one of them is searched for it only once.
    let carriageReturn = indexOrAfter(text, '\r', start);
    let lineFeed = indexOrAfter(text, '\n', start);
    let end = Math.min(carriageReturn, lineFeed);
    while (end < length && !this.#failed) {
      if (end === start) this.#dispatch();
      else this.#parseLine(text, codes, start, end);
      start = end === carriageReturn && lineFeed === end + 1 ? end + 2 : end + 1;
      if (carriageReturn < start) carriageReturn = indexOrAfter(text, '\r', start);
      // An empty line is found without a search. A read past the end would make every later access slower in V8.
      if (lineFeed < start) lineFeed = start < length && codes[start] === LF ? start : indexOrAfter(text, '\n', start);
      end = Math.min(carriageReturn, lineFeed);
    }
    return start;
  }

  /**
   * Parses a line that is not empty. Its name is compared in place: slicing it would take as long as all the rest. Each
   * comparison fails at a line end, so none reads past it.
   */
  #parseLine(text: string, codes: Uint8Array | Uint16Array, start: number, end: number): void {
    const second = codes[start + 1];
    switch (codes[start]) {
      case COLON:
        this.#sink.onComment?.(text.slice(start + 1, end));
        break;
      case D:
        if (second === A && codes[start + 2] === T && codes[start + 3] === A) {
          const value = startOfValue(codes, start + 4, end);
          if (value !== -1) this.#appendData(text.slice(value, end));
        }
        break;
      case E:
        if (second === V && codes[start + 2] === E && codes[start + 3] === N && codes[start + 4] === T) {
          const value = startOfValue(codes, start + 5, end);
          if (value !== -1) this.#eventType = text.slice(value, end);
        }
        break;
      case I:
        if (second === D) {
          const value = startOfValue(codes, start + 2, end);
          if (value !== -1 && !hasNull(codes, value, end)) this.#setId(text.slice(value, end));
        }
        break;
      case R:
        if (second === E && codes[start + 2] === T && codes[start + 3] === R && codes[start + 4] === Y) {
          const value = startOfValue(codes, start + 5, end);
          if (value !== -1) this.#setRetry(text.slice(value, end));
        }
        break;
    }
  }

  #appendData(value: string): void {
    this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
    this.#hasData = true;
    if (this.#data.length > this.#maxEventSize) this.#fail();
  }

  #setId(value: string): void {
    this.#lastEventIdBuffer = value;
    this.#idIsSlice = true;
  }

  /** A slice of a text keeps the whole text in memory, and an ID may be kept for hours. */
  #copyIds(): void {
    this.#idIsSlice = false;
    this.#lastEventIdBuffer = copyOfSlice(this.#lastEventIdBuffer);
    this.#lastEventId = copyOfSlice(this.#lastEventId);
  }

  #setRetry(value: string): void {
    if (/^[0-9]+$/.test(value)) this.#sink.onRetry?.(Math.min(Number(value), Number.MAX_SAFE_INTEGER));
  }

  #dispatch(): void {
    // §9.2.6: this comes before the check of the data, so an id without data counts.
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
    this.#partialBytes = 0;
    this.#resetEvent();
    const error = new EventTooLargeError(this.#maxEventSize);
    if (this.#sink.onError === undefined) throw error;
    this.#sink.onError(error);
  }
}

/** V8 copies slices of fewer than 13 characters. Longer ones are copied here. */
function copyOfSlice(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString();
}

function memoryFor(length: number): TextMemory {
  const codes = new Uint16Array(Math.max(length, TRANSCODE_FROM_BYTES));
  return { codes, bytes: Buffer.from(codes.buffer) };
}

/** Returns the start of the value of a field whose name ends at `nameEnd`; -1 if the name does not end there. */
function startOfValue(codes: Uint8Array | Uint16Array, nameEnd: number, end: number): number {
  if (codes[nameEnd] === COLON) return codes[nameEnd + 1] === SPACE ? nameEnd + 2 : nameEnd + 1;
  return nameEnd === end ? end : -1;
}

function hasNull(codes: Uint8Array | Uint16Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (codes[index] === 0) return true;
  }
  return false;
}

/**
 * Returns the index of the character. If there is none, returns `text.length + 1`: an index of `text.length` would look like
 * the LF of a CRLF whose CR is the last character.
 */
function indexOrAfter(text: string, character: string, start: number): number {
  const index = text.indexOf(character, start);
  return index === -1 ? text.length + 1 : index;
}
