/**
 * Writes bits into bytes, from the lowest bit of each byte on (RFC 1951 §3.1.1). Huffman codes start with their highest bit, so
 * they are written in reverse.
 */
export class BitWriter {
  readonly bytes: Buffer;
  /** The number of bytes that were written. */
  length = 0;
  /** The bits that are not in `bytes` yet, at most 15. The first one is the lowest. */
  bits = 0;
  /** The number of bits in `bits`. */
  pendingBits = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The number of bits that were written. */
  get bitCount(): number {
    return 8 * this.length + this.pendingBits;
  }

  /** Writes the lowest `count` bits of a number that has no higher ones; at most 16. */
  write(value: number, count: number): void {
    this.bits |= value << this.pendingBits;
    this.pendingBits += count;
    if (this.pendingBits < 16) return;
    this.bytes[this.length++] = this.bits;
    this.bytes[this.length++] = this.bits >>> 8;
    this.bits >>>= 16;
    this.pendingBits -= 16;
  }

  /** Discards what was written. */
  reset(): void {
    this.length = 0;
    this.bits = 0;
    this.pendingBits = 0;
  }

  /** Fills the last byte with zeros, and returns a copy of the bytes that were written. The next bits start anew. */
  end(): Uint8Array {
    for (; this.pendingBits > 0; this.pendingBits -= 8) {
      this.bytes[this.length++] = this.bits;
      this.bits >>>= 8;
    }
    const written = Buffer.from(this.bytes.subarray(0, this.length));
    this.reset();
    return written;
  }
}
