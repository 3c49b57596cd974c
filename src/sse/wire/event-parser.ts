import { isAscii, isUtf8, transcode } from 'node:buffer';
import { DEFAULT_MAX_EVENT_SIZE } from '../../shared/defaults.ts';

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

/** Codes of the characters that the names of the fields have: `data`, `event`, `id`, `retry`. */
const A = 0x61;
const D = 0x64;
const E = 0x65;
const I = 0x69;
const N = 0x6e;
const R = 0x72;
const T = 0x74;
const V = 0x76;
const Y = 0x79;

const EMPTY: Buffer = Buffer.alloc(0);
/** A buffer for partial lines up to this size is used again. */
const REUSED_BUFFER_SIZE = 64 * 1024;
/** Up to so many bytes, a loop over them takes less time than to call what is not JavaScript. */
const SHORT_SCAN = 128;

/** Bytes. */
const LONG_LINE = 4096;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const STREAMING = { stream: true };
/**
 * From so many bytes on, what is not ASCII is decoded by `transcode`, which takes half of the decoder's time in Node 20 and 22.
 * To make its Buffer takes longer than to decode a few bytes.
 */
const TRANSCODED_FROM = 4096;

/** The codes of the characters of a text, and the same memory as bytes. */
interface TextMemory {
  readonly codes: Uint16Array;
  readonly bytes: Buffer;
}
const NO_MEMORY: TextMemory = { codes: new Uint16Array(), bytes: EMPTY };
let spare: TextMemory = NO_MEMORY;

/**
 * Bytes to events, WHATWG HTML §9.2.5 and §9.2.6. Any chunking of the bytes gives the same events, in time linear in
 * their number: every byte is looked at once for a line end, and decoded once or twice. Nothing is decoded that is not cut
 * at line ends, if it is not ASCII: no UTF-8 sequence contains CR or LF.
 */
export class EventParser {
  readonly #sink: EventSink;
  readonly #maxEventSize: number;

  /** The bytes of a line whose end has not come, in a buffer that doubles. */
  #partial: Buffer = EMPTY;
  #partialBytes = 0;
  #partialIsAscii = true;
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
  /** Whether one of the IDs was cut out of the chunk in progress. */
  #idIsCut = false;

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
    const ascii = isAscii(bytes);
    let start = this.#skipLineFeed && bytes[0] === LF ? 1 : 0;
    this.#skipLineFeed = false;
    if (this.#partialBytes > 0) {
      // Little that is not ASCII is joined as a whole: to decode it in two goes takes longer.
      const end = ascii || bytes.length >= TRANSCODED_FROM ? endOfFirstLine(bytes, start) : endOfLastLine(bytes);
      if (end <= start) return this.#keepRest(bytes, start, ascii);
      this.#keep(bytes, start, end, ascii);
      // Behind a long line there is mostly the beginning of another one, which needs not be decoded to see that.
      const isLong = this.#partialBytes > LONG_LINE;
      this.#takePartial();
      start = end;
      if (isLong && !this.#failed && endOfLastLine(bytes) <= start) return this.#keepRest(bytes, start, ascii);
    }
    const rest = ascii
      ? this.#takeText(bytes.toString('latin1'), bytes, start)
      : this.#takeUnicode(bytes, start, endOfLastLine(bytes));
    if (!this.#failed) this.#keepRest(bytes, rest, ascii);
  }

  /**
   * The stream is over. "Once the end of the file is reached, any pending data must be discarded": an event whose empty
   * line has not come is thrown away. The parser is then ready for the next connection's stream; only the last event ID
   * and what the sink was told remain.
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

  /** Keeps what is behind the last line end: nothing else of a chunk is kept. */
  #keepRest(bytes: Buffer, start: number, ascii: boolean): void {
    if (this.#idIsCut) this.#copyIds();
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
    copy(bytes, start, end, this.#partial, this.#partialBytes);
    this.#partialIsAscii = ascii && (this.#partialIsAscii || this.#partialBytes === 0);
    this.#partialBytes = length;
  }

  /** Takes what was kept, which is whole lines now. */
  #takePartial(): void {
    const partial = this.#partial;
    const length = this.#partialBytes;
    // Nobody writes to it before its lines have been taken, and a large one, for one very long line, is let go.
    this.#partial = EMPTY;
    this.#partialBytes = 0;
    if (this.#partialIsAscii) this.#takeText(partial.toString('latin1', 0, length), partial, 0);
    else this.#takeUnicode(partial, 0, length);
    if (partial.length <= REUSED_BUFFER_SIZE && this.#partial === EMPTY) this.#partial = partial;
  }

  /** Takes whole lines that are not ASCII. Returns where the rest starts. */
  #takeUnicode(bytes: Buffer, start: number, end: number): number {
    if (end <= start) return start;
    const lines = bytes.subarray(start, end);
    if (lines.length >= TRANSCODED_FROM && isUtf8(lines)) {
      const utf16 = transcode(lines, 'utf8', 'utf16le');
      this.#takeText(utf16.toString('utf16le'), new Uint16Array(utf16.buffer, utf16.byteOffset, utf16.length / 2), 0);
    } else {
      // Twice as fast as `toString` in Node 20 and 22. It holds nothing back, for lines end in ASCII.
      const text = decoder.decode(lines, STREAMING);
      const memory = spare.codes.length >= text.length ? spare : memoryFor(text.length);
      // Not while a listener of ours might use it by another parser.
      spare = NO_MEMORY;
      memory.bytes.write(text, 'utf16le');
      this.#takeText(text, memory.codes, 0);
      if (memory.codes.length <= TRANSCODED_FROM) spare = memory;
    }
    return end;
  }

  /**
   * Takes the lines of a text that are whole, from `from` on. Returns where the rest starts.
   *
   * Measured, by a loop over each: numbers in an array are read several times as fast as the characters of a string, so names
   * are found in the one, and values are cut out of the other. ASCII bytes are such an array as they are.
   *
   * @param codes those of the characters of the text, and others behind them
   */
  #takeText(text: string, codes: Uint8Array | Uint16Array, from: number): number {
    const { length } = text;
    let start = from;
    // "One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present."
    if (this.#atStart && start < length && codes[start] === BYTE_ORDER_MARK) start++;
    this.#atStart = false;
    // The next of each, so that a stream with only one kind of line end is not searched for the other again and again.
    let carriageReturn = indexOrBehind(text, '\r', start);
    let lineFeed = indexOrBehind(text, '\n', start);
    let end = Math.min(carriageReturn, lineFeed);
    while (end < length && !this.#failed) {
      if (end === start) this.#dispatch();
      else this.#takeLine(text, codes, start, end);
      start = end === carriageReturn && lineFeed === end + 1 ? end + 2 : end + 1;
      if (carriageReturn < start) carriageReturn = indexOrBehind(text, '\r', start);
      // An empty line is seen without a search. Nothing is read behind the end: V8 would make each access slower from then on.
      if (lineFeed < start) lineFeed = start < length && codes[start] === LF ? start : indexOrBehind(text, '\n', start);
      end = Math.min(carriageReturn, lineFeed);
    }
    return start;
  }

  /**
   * Takes a line that is not empty. Its name is compared where it stands: to cut it out would cost as much as all the rest.
   * The comparison ends at a line end, if not before, so nothing behind the line is looked at.
   */
  #takeLine(text: string, codes: Uint8Array | Uint16Array, start: number, end: number): void {
    const second = codes[start + 1];
    switch (codes[start]) {
      case COLON:
        this.#sink.onComment?.(text.slice(start + 1, end));
        break;
      case D:
        if (second === A && codes[start + 2] === T && codes[start + 3] === A) {
          const value = startOfValue(codes, start + 4, end);
          if (value !== -1) this.#takeData(text.slice(value, end));
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
          if (value !== -1 && !hasNull(codes, value, end)) this.#takeId(text.slice(value, end));
        }
        break;
      case R:
        if (second === E && codes[start + 2] === T && codes[start + 3] === R && codes[start + 4] === Y) {
          const value = startOfValue(codes, start + 5, end);
          if (value !== -1) this.#takeRetry(text.slice(value, end));
        }
        break;
    }
  }

  #takeData(value: string): void {
    this.#data = this.#hasData ? `${this.#data}\n${value}` : value;
    this.#hasData = true;
    if (this.#data.length > this.#maxEventSize) this.#fail();
  }

  #takeId(value: string): void {
    this.#lastEventIdBuffer = value;
    this.#idIsCut = true;
  }

  /** A string that was cut out of a text keeps the whole text in memory, and an ID may be kept for hours. */
  #copyIds(): void {
    this.#idIsCut = false;
    this.#lastEventIdBuffer = copyOf(this.#lastEventIdBuffer);
    this.#lastEventId = copyOf(this.#lastEventId);
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
    this.#partialBytes = 0;
    this.#resetEvent();
    const error = new EventTooLargeError(this.#maxEventSize);
    if (this.#sink.onError === undefined) throw error;
    this.#sink.onError(error);
  }
}

/** V8 cuts out nothing that is shorter than 13 characters: it is a copy already. */
function copyOf(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString();
}

function memoryFor(length: number): TextMemory {
  const codes = new Uint16Array(Math.max(length, TRANSCODED_FROM));
  return { codes, bytes: Buffer.from(codes.buffer) };
}

/** Where the value of a field starts whose name ends there; -1 if the name goes on. */
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

/** Behind the first line end from `start` on; 0 if there is none. */
function endOfFirstLine(bytes: Buffer, start: number): number {
  const near = Math.min(bytes.length, start + SHORT_SCAN);
  let index = start;
  while (index < near && bytes[index] !== LF && bytes[index] !== CR) index++;
  if (index === near) {
    const ends = [bytes.indexOf(LF, near), bytes.indexOf(CR, near)].filter((end) => end !== -1);
    if (ends.length === 0) return 0;
    index = Math.min(...ends);
  }
  return bytes[index] === CR && index + 1 < bytes.length && bytes[index + 1] === LF ? index + 2 : index + 1;
}

/** Behind the last LF or CR; 0 if there is none. */
function endOfLastLine(bytes: Buffer): number {
  const near = Math.max(0, bytes.length - SHORT_SCAN);
  for (let index = bytes.length - 1; index >= near; index--) {
    if (bytes[index] === LF || bytes[index] === CR) return index + 1;
  }
  return near === 0 ? 0 : Math.max(bytes.lastIndexOf(LF, near), bytes.lastIndexOf(CR, near)) + 1;
}

function copy(source: Buffer, start: number, end: number, target: Buffer, targetStart: number): void {
  if (end - start > SHORT_SCAN) {
    source.copy(target, targetStart, start, end);
    return;
  }
  const shift = targetStart - start;
  for (let index = start; index < end; index++) target[index + shift] = source[index]!;
}

/** Where the character is; behind the text's end, and the place after that, if it is nowhere. */
function indexOrBehind(text: string, character: string, start: number): number {
  const index = text.indexOf(character, start);
  return index === -1 ? text.length + 1 : index;
}
