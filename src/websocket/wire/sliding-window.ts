const INITIAL_CAPACITY = 1024;

/** The last bytes of a stream, at most as many as a DEFLATE window holds. It grows with the bytes that are appended. */
export class SlidingWindow {
  readonly #size: number;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** The bytes in the window; valid until the next `append()`. */
  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  copy(): SlidingWindow {
    const copy = new SlidingWindow(this.#size);
    copy.append(this.content);
    return copy;
  }

  append(chunk: Uint8Array): void {
    const size = this.#size;
    const added = chunk.length > size ? chunk.subarray(chunk.length - size) : chunk;
    this.#reserve(Math.min(size, this.#length + added.length));
    const kept = Math.min(this.#length, size - added.length);
    if (kept < this.#length) this.#bytes.copyWithin(0, this.#length - kept, this.#length);
    this.#bytes.set(added, kept);
    this.#length = kept + added.length;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const capacity = Math.min(this.#size, Math.max(INITIAL_CAPACITY, length, this.#bytes.length * 2));
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
