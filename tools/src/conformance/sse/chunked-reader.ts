/**
 * Takes the chunked transfer coding off, RFC 9112 §7.1, and tells what breaks it.
 */
export class ChunkedReader {
  /** What is no chunked coding, once it has come; nothing is read after it. */
  violation: string | undefined;
  /** Whether the last chunk has come. */
  ended = false;
  #pending: Buffer = Buffer.alloc(0);
  /** Octets of the chunk that are still to come, with the CRLF behind them; 0: the line with its size comes next. */
  #left = 0;

  /** Returns the octets of the content that have come. */
  read(bytes: Buffer): Buffer[] {
    const content: Buffer[] = [];
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.violation === undefined && !this.ended && this.#pending.length > 0) {
      if (!(this.#left > 0 ? this.#readData(content) : this.#readSize())) break;
    }
    return content;
  }

  #readSize(): boolean {
    const end = this.#pending.indexOf('\r\n');
    const line = this.#pending.toString('latin1', 0, end === -1 ? MAX_SIZE_LINE : end);
    const isSize = end === -1 ? /^[\da-f]{0,12}[ \t]*(;[^\n]*)?\r?$/i : /^[\da-f]{1,12}[ \t]*(;[^\n]*)?$/i;
    if (!isSize.test(line) || line.length === MAX_SIZE_LINE) {
      this.violation = `a chunk with the size ${JSON.stringify(line.slice(0, 40))}`;
      return false;
    }
    if (end === -1) return false;
    const size = Number.parseInt(line, 16);
    this.#pending = this.#pending.subarray(end + 2);
    if (size === 0) this.ended = true;
    else this.#left = size + 2;
    return true;
  }

  #readData(content: Buffer[]): boolean {
    // The two octets behind the data are the CRLF.
    const available = Math.min(this.#pending.length, this.#left - 2);
    if (available > 0) {
      content.push(this.#pending.subarray(0, available));
      this.#pending = this.#pending.subarray(available);
      this.#left -= available;
    }
    if (this.#left > 2 || this.#pending.length < 2) return false;
    if (this.#pending[0] !== 0x0d || this.#pending[1] !== 0x0a) this.violation = 'a chunk without CRLF behind it';
    this.#pending = this.#pending.subarray(2);
    this.#left = 0;
    return true;
  }
}

const MAX_SIZE_LINE = 1024;
