const INITIAL_CAPACITY = 1024;

/**
 * The last bytes of a stream, at most as many as a DEFLATE window holds (RFC 1951 §2). It is a ring, so that a full window
 * need not be moved for each message. It grows with the bytes that are appended.
 */
export class Window {
  readonly #size: number;
  /** The ring. Its length is 0 or a power of two. */
  bytes: Buffer = Buffer.alloc(0);
  /** The place of the next byte. The bytes of the window are the `length` ones before it. */
  end = 0;
  /** The number of bytes in the window. */
  length = 0;

  /** The total number of bytes that were appended. */
  total = 0;

  /** @param size in bytes, a power of two */
  constructor(size: number) {
    this.#size = size;
  }

  /** @param size of the copy, in bytes, a power of two */
  copy(size: number): Window {
    const copy = new Window(size);
    copy.append(this.toBytes());
    return copy;
  }

  /** Returns a copy of the bytes. */
  toBytes(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.length);
    this.copyTo(bytes, 0);
    return bytes;
  }

  /** Copies the bytes to `target`, from `offset` on. */
  copyTo(target: Uint8Array, offset: number): void {
    const { bytes, end, length } = this;
    const behindEnd = Math.max(0, length - end);
    if (behindEnd > 0) target.set(bytes.subarray(bytes.length - behindEnd), offset);
    if (end > 0) target.set(bytes.subarray(end - (length - behindEnd), end), offset + behindEnd);
  }

  append(chunk: Uint8Array): void {
    const size = this.#size;
    this.total += chunk.length;
    const added = chunk.length > size ? chunk.subarray(chunk.length - size) : chunk;
    this.#reserve(Math.min(size, this.length + added.length));
    const { bytes, end } = this;
    const first = Math.min(added.length, bytes.length - end);
    if (first === added.length) {
      bytes.set(added, end);
    } else {
      bytes.set(added.subarray(0, first), end);
      bytes.set(added.subarray(first), 0);
    }
    this.end = (end + added.length) & (bytes.length - 1);
    this.length = Math.min(size, this.length + added.length);
  }

  #reserve(length: number): void {
    if (length <= this.bytes.length) return;
    let capacity = Math.min(this.#size, INITIAL_CAPACITY);
    while (capacity < length) capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.copyTo(larger, 0);
    this.bytes = larger;
    this.end = this.length & (capacity - 1);
  }
}
