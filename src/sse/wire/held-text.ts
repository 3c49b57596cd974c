import { OBJECT_PRICE } from '../../shared/memory-price.ts';
import { copyBytes } from './line-ends.ts';

export const EMPTY: Buffer = /* @__PURE__ */ Buffer.alloc(0);

/** A buffer is reused if it has at most this many bytes. */
const MAX_REUSED_BYTES = 64 * 1024;

/**
 * This many bytes are decoded at once. A text of 16 MiB that is decoded at its end only keeps the event loop for 50 ms.
 */
export const BLOCK_BYTES: number = 256 * 1024;

/** The smallest allocation: the first pieces are often a few bytes. */
const MIN_BYTES = 256;

const STREAMING = { stream: true };

/** Bytes that are appended piece by piece, in memory of their own that doubles. */
export class GrowingBuffer {
  /** The memory. The first `length` bytes are in use. */
  bytes: Buffer = EMPTY;
  length = 0;
  isAscii = true;

  append(source: Buffer, start: number, end: number, ascii: boolean): void {
    this.#reserve(end - start);
    copyBytes(source, start, end, this.bytes, this.length);
    this.isAscii &&= ascii;
    this.length += end - start;
  }

  /** Appends text as UTF-8. Returns the number of bytes. */
  appendText(text: string): number {
    const added = Buffer.byteLength(text);
    this.#reserve(added);
    if (added === text.length) {
      this.bytes.write(text, this.length, 'latin1');
    } else {
      this.bytes.write(text, this.length, 'utf8');
      this.isAscii = false;
    }
    this.length += added;
    return added;
  }

  /** Removes all bytes. A small buffer is reused. */
  clear(): void {
    this.length = 0;
    this.isAscii = true;
    if (this.bytes.length > MAX_REUSED_BYTES) this.bytes = EMPTY;
  }

  #reserve(added: number): void {
    const length = this.length + added;
    if (length <= this.bytes.length) return;
    // Not `allocUnsafe()`: a small buffer would be a view of the memory pool, and keep all of it.
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.bytes.length * 2, MIN_BYTES));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/**
 * Text that is kept between two chunks. It has memory of its own: a slice of a string keeps the whole string, and a
 * concatenated string keeps its parts. Small pieces are joined as they arrive, and decoded in blocks.
 */
export class HeldText {
  readonly #buffer = new GrowingBuffer();
  /** The decoded blocks. */
  #blocks: string[] = [];
  #blockBytes = 0;
  /** Decodes the blocks of text that is not ASCII. A block may end within a UTF-8 sequence. */
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  /** The number of bytes of the decoded blocks and of the appended text, as UTF-8. */
  #decodedBytes = 0;

  /**
   * The size of the text as UTF-8. `take()` decodes the rest, in which each invalid byte sequence becomes U+FFFD, and leaves
   * the size as it is.
   */
  get size(): number {
    return this.#decodedBytes + this.#buffer.length;
  }

  /** The memory that this text takes, in bytes. */
  get heldBytes(): number {
    return this.#buffer.bytes.length + this.#blockBytes + OBJECT_PRICE * (this.#blocks.length + 1);
  }

  appendBytes(bytes: Buffer, start: number, end: number, ascii: boolean): void {
    this.#buffer.append(bytes, start, end, ascii);
    if (this.#buffer.length >= BLOCK_BYTES) this.#decodeBuffer();
  }

  /** Appends text that may be a slice or a concatenation of other texts. Returns its number of bytes as UTF-8. */
  appendText(text: string): number {
    const added = this.#buffer.appendText(text);
    if (this.#buffer.length >= BLOCK_BYTES) this.#decodeBuffer();
    return added;
  }

  /** Appends a text that has memory of its own. */
  appendBlock(text: string, ascii: boolean): void {
    this.#decodeBuffer();
    this.#addBlock(text, ascii);
  }

  /** Returns the whole text, and removes it. */
  take(): string {
    const buffer = this.#buffer;
    if (this.#blocks.length === 0) {
      const text = buffer.bytes.toString(buffer.isAscii ? 'latin1' : 'utf8', 0, buffer.length);
      this.#decodedBytes = buffer.isAscii ? buffer.length : Buffer.byteLength(text);
      buffer.clear();
      return text;
    }
    this.#decodeBuffer();
    // A sequence that has not ended becomes U+FFFD.
    this.#addBlock(this.#decoder?.decode() ?? '', false);
    const text = this.#blocks.join('');
    const size = this.#decodedBytes;
    this.clear();
    this.#decodedBytes = size;
    return text;
  }

  clear(): void {
    this.#buffer.clear();
    this.#decodedBytes = 0;
    if (this.#blocks.length === 0) return;
    this.#blocks = [];
    this.#blockBytes = 0;
    this.#decoder = undefined;
  }

  #decodeBuffer(): void {
    const { bytes, length, isAscii } = this.#buffer;
    if (length === 0) return;
    if (isAscii && this.#decoder === undefined) {
      this.#addBlock(bytes.toString('latin1', 0, length), true);
    } else {
      this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
      this.#addBlock(this.#decoder.decode(bytes.subarray(0, length), STREAMING), false);
    }
    this.#buffer.clear();
  }

  #addBlock(text: string, ascii: boolean): void {
    if (text === '') return;
    this.#blocks.push(text);
    this.#blockBytes += ascii ? text.length : 2 * text.length;
    this.#decodedBytes += ascii ? text.length : Buffer.byteLength(text);
  }
}
