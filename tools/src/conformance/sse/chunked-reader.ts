/** The longest line with a chunk size that is accepted. */
const MAX_SIZE_LINE = 1024;

/** Decodes the chunked transfer coding, RFC 9112 §7.1. */
export class ChunkedReader {
  /** What violates the coding, in words. Nothing is read after it. */
  violation: string | undefined;
  /** Whether the response has ended. */
  ended = false;
  #pending: Buffer = Buffer.alloc(0);
  /** The octets of the chunk that are missing, with the CRLF after them; 0 if the next line has the size of a chunk. */
  #missing = 0;
  /** Whether the last chunk has arrived, and not the empty line that ends the response. */
  #isInTrailer = false;

  /** Returns the content that these octets complete. */
  read(bytes: Buffer): Buffer[] {
    const content: Buffer[] = [];
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.violation === undefined && !this.ended && this.#pending.length > 0) {
      const goesOn = this.#isInTrailer
        ? this.#readTrailer()
        : this.#missing > 0
          ? this.#readData(content)
          : this.#readSize();
      if (!goesOn) break;
    }
    if (this.ended && this.#pending.length > 0) this.violation ??= 'octets after the end of the response';
    return content;
  }

  #readSize(): boolean {
    const end = this.#pending.indexOf('\r\n');
    const line = this.#pending.toString('latin1', 0, end === -1 ? MAX_SIZE_LINE : end);
    const isSize = end === -1 ? /^[\da-f]{0,12}[ \t]*(;[^\n]*)?\r?$/i : /^[\da-f]{1,12}[ \t]*(;[^\n]*)?$/i;
    if (!isSize.test(line) || line.length === MAX_SIZE_LINE) {
      this.violation = `an invalid chunk size; expected hexadecimal digits; received ${JSON.stringify(line.slice(0, 40))}`;
      return false;
    }
    if (end === -1) return false;
    const size = Number.parseInt(line, 16);
    this.#pending = this.#pending.subarray(end + 2);
    if (size === 0) this.#isInTrailer = true;
    else this.#missing = size + 2;
    return true;
  }

  /** Reads a line of the trailer section. An empty one ends the response. */
  #readTrailer(): boolean {
    const end = this.#pending.indexOf('\r\n');
    if (end === -1) {
      if (this.#pending.length > MAX_SIZE_LINE) this.violation = 'a trailer field that is too long';
      return false;
    }
    this.#pending = this.#pending.subarray(end + 2);
    this.ended = end === 0;
    return true;
  }

  #readData(content: Buffer[]): boolean {
    // The last two octets are the CRLF.
    const available = Math.min(this.#pending.length, this.#missing - 2);
    if (available > 0) {
      content.push(this.#pending.subarray(0, available));
      this.#pending = this.#pending.subarray(available);
      this.#missing -= available;
    }
    if (this.#missing > 2 || this.#pending.length < 2) return false;
    if (this.#pending[0] !== 0x0d || this.#pending[1] !== 0x0a) this.violation = 'a chunk that CRLF does not follow';
    this.#pending = this.#pending.subarray(2);
    this.#missing = 0;
    return true;
  }
}
