import { fieldOf, startOfValue } from './field.ts';
import { BLOCK_BYTES, EMPTY, GrowingBuffer, HeldText } from './held-text.ts';

const COLON = 0x3a;

/** Shorter lines are kept until their end, even if the standard ignores them. */
const NAMED_FROM_BYTES = 1024;

/** The bytes of the longest field name and a colon. */
const MAX_NAME_BYTES = 6;
/** EF BB BF, which is not part of the first line. */
const BYTE_ORDER_MARK_BYTES = 3;

/** How the line is treated. */
export const LineKind = {
  /** Its bytes are in one buffer. */
  Buffered: 0,
  /** Its value is decoded in blocks, because it is long. */
  Long: 1,
  /** The standard ignores it, or it is a comment that is too long. Nothing of it is kept. */
  Ignored: 2,
  /** It exceeds `maxEventSize`. */
  TooLong: 3,
} as const;
export type LineKind = (typeof LineKind)[keyof typeof LineKind];

/** A line whose end has not been received. */
export class PartialLine {
  readonly #maxBytes: number;
  readonly #keepsComments: boolean;
  #kind: LineKind = LineKind.Buffered;
  #length = 0;
  #buffer = new GrowingBuffer();
  /** Whether the name is known to be one of the standard, in a buffered line. */
  #isNamed = false;
  #field = 0;
  #nameBytes = 0;
  #value: HeldText | undefined;

  constructor(maxBytes: number, keepsComments: boolean) {
    this.#maxBytes = maxBytes;
    this.#keepsComments = keepsComments;
  }

  get kind(): LineKind {
    return this.#kind;
  }

  /** The number of bytes so far. If the line is too long, a byte order mark does not count. */
  get length(): number {
    return this.#length;
  }

  /** The field of a long line, as `fieldOf()` returns it. */
  get field(): number {
    return this.#field;
  }

  get heldBytes(): number {
    return this.#buffer.bytes.length + (this.#value?.heldBytes ?? 0);
  }

  /**
   * Appends bytes, none of which ends the line.
   *
   * @param atStart whether this is the first line of a stream, so that it may begin with a byte order mark
   */
  append(bytes: Buffer, start: number, end: number, ascii: boolean, atStart = false): LineKind {
    this.#length += end - start;
    if (this.#kind === LineKind.Long) {
      if (this.#length > this.#maxBytes) this.#drop(this.#field === COLON ? LineKind.Ignored : LineKind.TooLong);
      else this.#value!.appendBytes(bytes, start, end, ascii);
    } else if (this.#kind === LineKind.Buffered) {
      const cut = Math.min(end, start + BLOCK_BYTES - this.#buffer.length);
      this.#buffer.append(bytes, start, cut, ascii);
      if (
        this.#length > this.#maxBytes ||
        this.#buffer.length === BLOCK_BYTES ||
        (this.#length >= NAMED_FROM_BYTES && !this.#isNamed)
      ) {
        this.#name(bytes, cut, end, ascii, atStart);
      }
    }
    return this.#kind;
  }

  /** Appends the end of a buffered line, and maybe whole lines after it, and removes and returns all bytes. */
  end(bytes: Buffer, start: number, end: number, ascii: boolean): GrowingBuffer {
    const buffer = this.#buffer;
    buffer.append(bytes, start, end, ascii);
    // A listener may call push(), which must not overwrite these lines.
    this.#buffer = new GrowingBuffer();
    this.#length = 0;
    this.#isNamed = false;
    return buffer;
  }

  /** Lets the memory of a buffer that `end()` has returned be used again. */
  reuse(buffer: GrowingBuffer): void {
    if (this.#buffer.bytes !== EMPTY) return;
    buffer.clear();
    this.#buffer = buffer;
  }

  /** Ends a long line. Returns its value, and the sizes of the value and of the line as UTF-8. */
  endLong(): { readonly value: string; readonly valueBytes: number; readonly bytes: number } {
    const held = this.#value!;
    const value = held.take();
    const valueBytes = held.size;
    const bytes = this.#nameBytes + valueBytes;
    this.clear();
    return { value, valueBytes, bytes };
  }

  clear(): void {
    this.#drop(LineKind.Buffered);
    this.#length = 0;
  }

  /** Decides by its field name how to treat a buffered line. The bytes from `start` to `end` are not in the buffer yet. */
  #name(bytes: Buffer, start: number, end: number, ascii: boolean, atStart: boolean): void {
    const { bytes: line, length, isAscii } = this.#buffer;
    const nameStart = atStart && hasByteOrderMark(line) ? BYTE_ORDER_MARK_BYTES : 0;
    const nameEnd = line.subarray(0, length).indexOf(COLON, nameStart);
    // The name may continue.
    if (nameEnd === -1 && length < BYTE_ORDER_MARK_BYTES + MAX_NAME_BYTES) return;
    const field = fieldOf(line, nameStart, length);
    const isTooLong = this.#length - nameStart > this.#maxBytes;
    if (field === 0 || (field === COLON && (isTooLong || !this.#keepsComments))) return this.#drop(LineKind.Ignored);
    if (isTooLong) {
      this.#length -= nameStart;
      return this.#drop(LineKind.TooLong);
    }
    this.#isNamed = true;
    if (length < BLOCK_BYTES) return;
    const valueStart = field === COLON ? nameStart + 1 : startOfValue(line, nameEnd, length);
    const value = new HeldText();
    value.appendBytes(line, valueStart, length, isAscii);
    value.appendBytes(bytes, start, end, ascii);
    this.#drop(LineKind.Long);
    this.#field = field;
    this.#nameBytes = valueStart - nameStart;
    this.#length -= nameStart;
    this.#value = value;
  }

  #drop(kind: LineKind): void {
    this.#kind = kind;
    this.#isNamed = false;
    this.#buffer.clear();
    this.#value = undefined;
  }
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
