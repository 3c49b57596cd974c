import { MAX_CODE_BITS } from './alphabets.ts';

/** The symbol of bits that are no code. It is outside every alphabet. */
export const NO_SYMBOL = 0xfff;

/** The symbols of an alphabet that have a code, in ascending order, and the length of the code of each. */
export class CodeLengths {
  readonly symbols: Uint16Array;
  readonly lengths: Uint8Array;
  count = 0;

  /** @param symbols the size of the alphabet */
  constructor(symbols: number) {
    this.symbols = new Uint16Array(symbols);
    this.lengths = new Uint8Array(symbols);
  }

  /** Adds a symbol, unless the length is 0. */
  add(symbol: number, length: number): void {
    if (length === 0) return;
    this.symbols[this.count] = symbol;
    this.lengths[this.count++] = length;
  }
}

/**
 * A Huffman code for decoding, built from the lengths of its codes (RFC 1951 §3.2.2). It can be built again and again, in a time
 * that grows with the number of its codes.
 */
export class HuffmanDecoder {
  /**
   * For each value of the next bits, `symbol << 4 | bits of its code`; 0 if the code is longer than the table. Only the entries
   * up to `mask` are in use.
   */
  readonly entries: Uint16Array;
  mask = 0;
  readonly #tableBits: number;
  /** How many codes have each length. */
  readonly #counts = new Uint16Array(MAX_CODE_BITS + 1);
  /** The next place in `#symbols` for a code of each length. */
  readonly #places = new Uint16Array(MAX_CODE_BITS + 1);
  /** The symbols in the order of their codes. */
  readonly #symbols: Uint16Array;

  /**
   * @param symbols   the size of the alphabet
   * @param tableBits codes of up to this many bits are decoded by one look at a table
   */
  constructor(symbols: number, tableBits: number) {
    this.#symbols = new Uint16Array(symbols);
    this.#tableBits = tableBits;
    this.entries = new Uint16Array(2 ** tableBits);
  }

  /**
   * Builds the code. Returns whether the lengths are valid. As in zlib, a code must be complete, or have no symbol.
   *
   * @param mayBeSingle whether there may also be a single code, of one bit
   */
  build({ symbols, lengths, count }: CodeLengths, mayBeSingle: boolean): boolean {
    const counts = this.#counts;
    for (let length = 0; length <= MAX_CODE_BITS; length++) counts[length] = 0;
    for (let index = 0; index < count; index++) counts[lengths[index]!]!++;
    let longest = MAX_CODE_BITS;
    while (longest > 0 && counts[longest] === 0) longest--;
    const places = this.#places;
    /** How many codes of the current length are not assigned. */
    let left = 1;
    places[1] = 0;
    for (let length = 1; length <= longest; length++) {
      left = 2 * left - counts[length]!;
      if (left < 0) return false;
      if (length < MAX_CODE_BITS) places[length + 1] = places[length]! + counts[length]!;
    }
    if (left > 0 && longest > 0 && !(mayBeSingle && longest === 1)) return false;
    for (let index = 0; index < count; index++) this.#symbols[places[lengths[index]!]!++] = symbols[index]!;
    this.mask = 2 ** Math.min(longest, this.#tableBits) - 1;
    if (left > 0) {
      // Bits that are no code take one bit, as in zlib.
      this.mask = 1;
      this.entries.fill((NO_SYMBOL << 4) | 1, 0, 2);
    }
    this.#fill(longest);
    return true;
  }

  #fill(longest: number): void {
    const { entries, mask } = this;
    const symbols = this.#symbols;
    const tableBits = this.#tableBits;
    /** The next code, with its bits in the order of the input: the first one is the lowest. */
    let code = 0;
    for (let length = 1, index = 0; length <= longest; length++) {
      const step = 1 << length;
      for (let left = this.#counts[length]!; left > 0; left--, index++) {
        if (length <= tableBits) {
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
