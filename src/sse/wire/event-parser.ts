import { isAscii, isUtf8, transcode } from 'node:buffer';
import { DEFAULT_MAX_EVENT_SIZE } from '../../shared/defaults.ts';
import { OBJECT_PRICE } from '../../shared/memory-price.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import type { OptionNames } from '../../shared/unknown-options.ts';
import { checkSink, toBuffer } from './event-parser-arguments.ts';
import { type EventParserOptions, type EventSink, EventTooLargeError } from './event-sink.ts';
import { fieldOf, hasNull, startOfValue } from './field.ts';
import { EMPTY } from './held-text.ts';
import { endOfFirstLine, endOfLastLine } from './line-ends.ts';
import { LineKind, PartialLine } from './partial-line.ts';
import { PendingEvent } from './pending-event.ts';

export type { EventParserOptions, EventSink, ParsedEvent } from './event-sink.ts';
export { EventTooLargeError } from './event-sink.ts';

// Measured: V8 does not treat imported constants as constants; with them, lines take a sixth longer.
const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
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

/** An imported function is as slow as an imported constant. */
const startOf = startOfValue;

const MAX_SMALL_INTEGER = 2 ** 30 - 1;

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

const NAMES: OptionNames<EventParserOptions> = { maxEventSize: true, lastEventId: true };

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
  /** The same as a small integer: V8 compares it faster, and no string has more characters. */
  readonly #maxBytes: number;
  readonly #partial: PartialLine;
  readonly #event: PendingEvent;
  /** Whether the previous chunk ended with CR: a LF at the start of the next one belongs to the same line end. */
  #skipLineFeed = false;
  /** Whether nothing has been decoded yet, so that a byte order mark may follow. */
  #atStart = true;
  #failed = false;
  /** Changes when the stream ends or fails, which a method of the sink can cause. The chunk in progress is not parsed further. */
  #generation = 0;
  /** The error that a method of the sink has thrown, until the end of the chunk. */
  #thrown: { readonly error: unknown } | undefined;

  /** @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION */
  constructor(sink: EventSink, options: EventParserOptions = {}) {
    this.#sink = checkSink(sink);
    options = eventStreamOption.options('EventParser', options, NAMES);
    this.#maxEventSize = eventStreamOption.limit('maxEventSize', options.maxEventSize, DEFAULT_MAX_EVENT_SIZE, 'bytes');
    this.#maxBytes = Math.min(this.#maxEventSize, MAX_SMALL_INTEGER);
    this.#partial = new PartialLine(this.#maxBytes, typeof sink.onComment === 'function');
    this.#event = new PendingEvent(this.#maxBytes, eventStreamOption.line('lastEventId', options.lastEventId, ''));
  }

  /** The last event ID at the time of the last dispatch. A client sends it when it reconnects. */
  get lastEventId(): string {
    return this.#event.lastEventId;
  }

  /**
   * The memory that the parser holds between two chunks, in bytes: an unfinished line, an unfinished event, and the last event
   * ID. Each object counts, too.
   */
  get heldBytes(): number {
    return this.#partial.heldBytes + this.#event.heldBytes + OBJECT_PRICE;
  }

  /**
   * Parses the next bytes of the stream. The parser keeps no reference to the chunk, nor to its text. If a method of the sink
   * calls `end()`, the rest of the chunk is discarded.
   *
   * @throws EventTooLargeError if a line or an event exceeds `maxEventSize` and the sink has no `onError()`
   * @throws TypeError with the code SSE_ERR_INVALID_OPTION for a chunk that is not a Uint8Array
   * @throws the error that a method of the sink has thrown
   */
  push(chunk: Uint8Array): void {
    const bytes = toBuffer(chunk);
    if (bytes.length === 0 || this.#failed) return;
    this.#parseChunk(bytes);
    if (this.#thrown !== undefined) {
      const { error } = this.#thrown;
      this.#thrown = undefined;
      throw error;
    }
  }

  /**
   * Ends the stream. §9.2.6: "Once the end of the file is reached, any pending data must be discarded": an event without
   * its empty line is discarded. The parser can then read the stream of the next connection. It keeps the last event ID.
   */
  end(): void {
    this.#generation++;
    this.#partial.clear();
    this.#event.discard();
    this.#skipLineFeed = false;
    this.#atStart = true;
    this.#failed = false;
  }

  #parseChunk(bytes: Buffer): void {
    const generation = this.#generation;
    const partial = this.#partial;
    const ascii = isAscii(bytes);
    let start = this.#skipLineFeed && bytes[0] === LF ? 1 : 0;
    this.#skipLineFeed = false;
    if (partial.length > 0) {
      const isBuffered = partial.kind === LineKind.Buffered;
      // A small chunk that is not ASCII is appended up to its last line end: decoding it in two steps takes longer.
      const isSmall = isBuffered && !ascii && bytes.length < TRANSCODE_FROM_BYTES;
      const end = isSmall ? endOfLastLine(bytes) : endOfFirstLine(bytes, start);
      if (end <= start) return this.#keepRest(bytes, start, ascii);
      // After a long line, the rest is often the start of another one. It is kept without being decoded.
      const isLong = partial.length > LONG_LINE_BYTES;
      if (isBuffered) this.#parsePartial(bytes, start, end, ascii);
      else this.#endLongLine(bytes, start, end, ascii);
      if (generation !== this.#generation) return;
      start = end;
      if (isLong && endOfLastLine(bytes) <= start) return this.#keepRest(bytes, start, ascii);
    }
    const rest = ascii
      ? this.#parseText(bytes.toString('latin1'), bytes, start)
      : this.#parseUnicode(bytes, start, endOfLastLine(bytes));
    if (generation === this.#generation) this.#keepRest(bytes, rest, ascii);
  }

  /** Keeps a copy of what follows the last line end. Nothing else of a chunk is kept. */
  #keepRest(bytes: Buffer, start: number, ascii: boolean): void {
    this.#event.hold();
    if (start === bytes.length) {
      this.#skipLineFeed = bytes[start - 1] === CR;
      return;
    }
    if (this.#partial.append(bytes, start, bytes.length, ascii, this.#atStart) === LineKind.TooLong)
      this.#failLine(this.#partial.length);
  }

  /** Parses the partial line, which ends at `end`, and maybe whole lines after it. */
  #parsePartial(bytes: Buffer, start: number, end: number, ascii: boolean): void {
    const buffer = this.#partial.end(bytes, start, end, ascii);
    if (buffer.isAscii) this.#parseText(buffer.bytes.toString('latin1', 0, buffer.length), buffer.bytes, 0);
    else this.#parseUnicode(buffer.bytes, 0, buffer.length);
    this.#partial.reuse(buffer);
  }

  /** Parses a line whose value has been decoded in blocks, or that is ignored. It ends at `end`, with its line end. */
  #endLongLine(bytes: Buffer, start: number, end: number, ascii: boolean): void {
    const partial = this.#partial;
    const isTwoBytes = end - 2 >= start && bytes[end - 2] === CR && bytes[end - 1] === LF;
    this.#atStart = false;
    const kind = partial.append(bytes, start, isTwoBytes ? end - 2 : end - 1, ascii);
    if (kind === LineKind.TooLong) return this.#failLine(partial.length);
    if (kind === LineKind.Ignored) return partial.clear();
    const { field } = partial;
    const { value, valueBytes, bytes: lineBytes } = partial.endLong();
    if (lineBytes > this.#maxBytes) return field === COLON ? undefined : this.#failLine(lineBytes);
    if (field === COLON) this.#comment(value);
    else if (field === R) this.#setRetry(value);
    else if (field === D) this.#check(this.#event.appendLongData(value, valueBytes));
    else if (field === E) this.#check(this.#event.setType(value, valueBytes));
    else if (!value.includes('\0')) this.#check(this.#event.setId(value, valueBytes));
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
    const generation = this.#generation;
    // A character of ASCII takes one byte, another one at most three: of a surrogate pair, each half takes two.
    const width = codes instanceof Uint16Array ? 3 : 1;
    const longest = Math.floor(this.#maxBytes / width);
    let start = from;
    // "One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present."
    if (this.#atStart && start < length && codes[start] === BYTE_ORDER_MARK) start++;
    this.#atStart = false;
    // The next CR and the next LF. Both are stored, so that a text without one of them is searched for it only once.
    let carriageReturn = indexOrAfter(text, '\r', start);
    let lineFeed = indexOrAfter(text, '\n', start);
    let end = Math.min(carriageReturn, lineFeed);
    while (end < length && generation === this.#generation) {
      if (end === start) this.#dispatch();
      else if (end - start <= longest) this.#parseLine(text, codes, start, end, width);
      else this.#parseLongLine(text, codes, start, end, width);
      start = end === carriageReturn && lineFeed === end + 1 ? end + 2 : end + 1;
      // An empty line is found without a search. A read past the end would make every later access slower in V8.
      if (carriageReturn < start) {
        carriageReturn = start < length && codes[start] === CR ? start : indexOrAfter(text, '\r', start);
      }
      if (lineFeed < start) lineFeed = start < length && codes[start] === LF ? start : indexOrAfter(text, '\n', start);
      end = Math.min(carriageReturn, lineFeed);
    }
    return start;
  }

  /**
   * Parses a line that is not empty. Its name is compared in place: slicing it would take as long as all the rest. Each
   * comparison fails at a line end, so none reads past it.
   */
  #parseLine(text: string, codes: Uint8Array | Uint16Array, start: number, end: number, width: number): void {
    const second = codes[start + 1];
    switch (codes[start]) {
      case COLON:
        this.#comment(text.slice(start + 1, end));
        break;
      case D:
        if (second === A && codes[start + 2] === T && codes[start + 3] === A) {
          const value = startOf(codes, start + 4, end);
          if (value !== -1) this.#check(this.#event.appendData(text.slice(value, end), (end - value) * width));
        }
        break;
      case E:
        if (second === V && codes[start + 2] === E && codes[start + 3] === N && codes[start + 4] === T) {
          const value = startOf(codes, start + 5, end);
          if (value !== -1) this.#check(this.#event.setType(text.slice(value, end), (end - value) * width));
        }
        break;
      case I:
        if (second === D) {
          const value = startOf(codes, start + 2, end);
          if (value !== -1 && !hasNull(codes, value, end)) {
            this.#check(this.#event.setId(text.slice(value, end), (end - value) * width));
          }
        }
        break;
      case R:
        if (second === E && codes[start + 2] === T && codes[start + 3] === R && codes[start + 4] === Y) {
          const value = startOf(codes, start + 5, end);
          if (value !== -1) this.#setRetry(text.slice(value, end));
        }
        break;
    }
  }

  /** Fails if a field is too long. The standard ignores other lines, so these are ignored, however long they are. */
  #parseLongLine(text: string, codes: Uint8Array | Uint16Array, start: number, end: number, width: number): void {
    const field = fieldOf(codes, start, end);
    const bytes = Buffer.byteLength(text.slice(start, end));
    if (bytes <= this.#maxBytes) this.#parseLine(text, codes, start, end, width);
    else if (field !== 0 && field !== COLON) this.#failLine(bytes);
  }

  #check(fits: boolean): void {
    if (!fits) this.#fail(new EventTooLargeError('Event', this.#maxEventSize, this.#event.bytes));
  }

  #comment(text: string): void {
    try {
      this.#sink.onComment?.(text);
    } catch (error) {
      this.#thrown ??= { error };
    }
  }

  #setRetry(value: string): void {
    if (!/^[0-9]+$/.test(value)) return;
    try {
      this.#sink.onRetry?.(Math.min(Number(value), Number.MAX_SAFE_INTEGER));
    } catch (error) {
      this.#thrown ??= { error };
    }
  }

  #dispatch(): void {
    const event = this.#event.end();
    if (event === undefined) return;
    try {
      this.#sink.onEvent(event);
    } catch (error) {
      this.#thrown ??= { error };
    }
  }

  #failLine(bytes: number): void {
    this.#fail(new EventTooLargeError('Line', this.#maxEventSize, bytes));
  }

  #fail(error: EventTooLargeError): void {
    this.#generation++;
    this.#failed = true;
    this.#partial.clear();
    this.#event.discard();
    try {
      if (typeof this.#sink.onError !== 'function') throw error;
      this.#sink.onError(error);
    } catch (thrown) {
      this.#thrown ??= { error: thrown };
    }
  }
}

function memoryFor(length: number): TextMemory {
  const codes = new Uint16Array(Math.max(length, TRANSCODE_FROM_BYTES));
  return { codes, bytes: Buffer.from(codes.buffer) };
}

/**
 * Returns the index of the character. If there is none, returns `text.length + 1`: an index of `text.length` would look like
 * the LF of a CRLF whose CR is the last character.
 */
function indexOrAfter(text: string, character: string, start: number): number {
  const index = text.indexOf(character, start);
  return index === -1 ? text.length + 1 : index;
}
