import { MAX_CODE_BITS } from './alphabets.ts';

/** Codes of up to this many bits are decoded by one look at a table. Longer ones are rare by their nature. */
const TABLE_BITS = 9;

/** The symbol of bits that are no code. It is outside every alphabet. */
export const NO_SYMBOL = 0xfff;

/** A Huffman code for decoding, built from the lengths of its codes (RFC 1951 §3.2.2). It can be built again and again. */
export class HuffmanDecoder {
  /**
   * For each value of the next bits, `symbol << 4 | bits of its code`; 0 if the code is longer than the table.
   * Only the entries up to `mask` are in use.
   */
  readonly entries: Uint16Array = new Uint16Array(2 ** TABLE_BITS);
  mask = 0;
  /** How many codes have each length. */
  readonly #counts = new Uint16Array(MAX_CODE_BITS + 1);
  /** The next place in `#symbols` for a code of each length. */
  readonly #places = new Uint16Array(MAX_CODE_BITS + 1);
  /** The symbols in the order of their codes. */
  readonly #symbols: Uint16Array;

  /** @param symbols the size of the alphabet */
  constructor(symbols: number) {
    this.#symbols = new Uint16Array(symbols);
  }

  /**
   * Builds the code of `count` symbols whose lengths are in `lengths` from `start` on. Returns whether the lengths are
   * valid. As in zlib, a code must be complete, except that there may be a single code, of one bit, or none.
   */
  build(lengths: Uint8Array, start: number, count: number, mayBeIncomplete: boolean): boolean {
    const counts = this.#counts;
    for (let length = 0; length <= MAX_CODE_BITS; length++) counts[length] = 0;
    for (let index = start; index < start + count; index++) counts[lengths[index]!]!++;
    counts[0] = 0;
    let longest = MAX_CODE_BITS;
    while (longest > 0 && counts[longest] === 0) longest--;
    /** How many codes of the current length are not assigned. */
    let left = 1;
    for (let length = 1; length <= longest; length++) {
      left = 2 * left - counts[length]!;
      if (left < 0) return false;
    }
    if (left > 0 && longest > 0 && !(mayBeIncomplete && longest === 1)) return false;
    this.#sort(lengths, start, count);
    this.mask = 2 ** Math.min(longest, TABLE_BITS) - 1;
    if (left > 0) {
      // Bits that are no code take one bit, as in zlib.
      this.mask = 1;
      this.entries.fill((NO_SYMBOL << 4) | 1, 0, 2);
    }
    this.#fill(longest);
    return true;
  }

  #sort(lengths: Uint8Array, start: number, count: number): void {
    const places = this.#places;
    places[1] = 0;
    for (let length = 1; length < MAX_CODE_BITS; length++) {
      places[length + 1] = places[length]! + this.#counts[length]!;
    }
    for (let symbol = 0; symbol < count; symbol++) {
      const length = lengths[start + symbol]!;
      if (length > 0) this.#symbols[places[length]!++] = symbol;
    }
  }

  #fill(longest: number): void {
    const { entries, mask } = this;
    const symbols = this.#symbols;
    /** The next code, with its bits in the order of the input: the first one is the lowest. */
    let code = 0;
    for (let length = 1, index = 0; length <= longest; length++) {
      const step = 1 << length;
      for (let left = this.#counts[length]!; left > 0; left--, index++) {
        if (length <= TABLE_BITS) {
          const entry = (symbols[index]! << 4) | length;
          for (let place = code; place <= mask; place += step) entries[place] = entry;
        } else {
          entries[code & mask] = 0;
        }
        // Adds one to the code, whose bits are reversed.
        let bit = step >>> 1;
        while ((code & bit) !== 0) bit >>>= 1;
        code = bit === 0 ? 0 : (code & (bit - 1)) | bit;
      }
    }
  }

  /** As an entry of the table, for bits that start with a code that is longer than the table. */
  longEntry(bits: number): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; ; length++) {
      code |= (bits >>> (length - 1)) & 1;
      const count = this.#counts[length]!;
      if (code - first < count) return (this.#symbols[index + code - first]! << 4) | length;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
  }
}
