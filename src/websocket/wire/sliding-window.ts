const FIRST_CAPACITY = 1024;

/** The last bytes of a stream, as many as a window of DEFLATE holds; it takes no more memory than there have been bytes. */
export class SlidingWindow {
  readonly #size: number;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** What it holds; valid until more is appended. */
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
    const capacity = Math.min(this.#size, Math.max(FIRST_CAPACITY, length, this.#bytes.length * 2));
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
