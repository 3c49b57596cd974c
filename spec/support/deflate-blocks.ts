import { codeOf } from './inflate.ts';

/** The lengths of the fixed codes (RFC 1951 §3.2.6). */
export const FIXED_LITERAL_LENGTHS: readonly number[] = Array.from({ length: 288 }, (_, symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);
export const FIXED_DISTANCE_LENGTHS: readonly number[] = Array.from({ length: 32 }, () => 5);

/** The order of the code length alphabet (§3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A code length code in which every symbol has a code: 13 of four bits, and 6 of five. */
const CODE_LENGTH_LENGTHS: readonly number[] = ORDER.map((_, symbol) => (symbol < 13 ? 4 : 5));

/** An entry of the sequence of code lengths: a symbol of the code length alphabet, and the value of its extra bits. */
export type CodeLength = number | readonly [symbol: 16 | 17 | 18, extra: number];

/** Writes DEFLATE blocks bit by bit (RFC 1951 §3.1.1), valid or not. */
export class BlockWriter {
  #bits = '';
  #literals = FIXED_LITERAL_LENGTHS;
  #distances = FIXED_DISTANCE_LENGTHS;

  /** A number, with its lowest bit first. */
  number(value: number, count: number): this {
    this.#bits += [...value.toString(2).padStart(count, '0')].reverse().join('');
    return this;
  }

  /** The header of a block. */
  header(type: number, final = false): this {
    return this.number(final ? 1 : 0, 1).number(type, 2);
  }

  fixed(final = false): this {
    this.#literals = FIXED_LITERAL_LENGTHS;
    this.#distances = FIXED_DISTANCE_LENGTHS;
    return this.header(1, final);
  }

  stored(bytes: Uint8Array, final = false, complement = bytes.length ^ 0xffff): this {
    this.header(0, final).align().number(bytes.length, 16).number(complement, 16);
    for (const byte of bytes) this.number(byte, 8);
    return this;
  }

  /** The header and the codes of a dynamic block. The default of `sequence` is the lengths one by one. */
  dynamic(
    literals: readonly number[],
    distances: readonly number[],
    sequence: readonly CodeLength[] = [...literals, ...distances],
    codeLengthLengths: readonly number[] = CODE_LENGTH_LENGTHS,
  ): this {
    this.#literals = literals;
    this.#distances = distances;
    this.header(2)
      .number(literals.length - 257, 5)
      .number(distances.length - 1, 5)
      .number(ORDER.length - 4, 4);
    for (const symbol of ORDER) this.number(codeLengthLengths[symbol]!, 3);
    for (const entry of sequence) {
      const [symbol, extra] = typeof entry === 'number' ? [entry, 0] : entry;
      this.#code(codeLengthLengths, symbol);
      if (symbol >= 16) this.number(extra, [2, 3, 7][symbol - 16]!);
    }
    return this;
  }

  /** A symbol of the literal/length alphabet, and the value of its extra bits. */
  symbol(symbol: number, extra = 0, extraBits = 0): this {
    this.#code(this.#literals, symbol);
    return extraBits === 0 ? this : this.number(extra, extraBits);
  }

  text(text: string): this {
    for (const byte of Buffer.from(text)) this.symbol(byte);
    return this;
  }

  distance(symbol: number, extra = 0): this {
    this.#code(this.#distances, symbol);
    return symbol < 4 ? this : this.number(extra, (symbol >> 1) - 1);
  }

  end(): this {
    return this.symbol(256);
  }

  align(): this {
    this.#bits = this.#bits.padEnd(Math.ceil(this.#bits.length / 8) * 8, '0');
    return this;
  }

  /** The header of the empty block at the end of a message (RFC 7692 §7.2.1). */
  flush(): this {
    return this.header(0).align();
  }

  toBuffer(): Buffer {
    this.align();
    return Buffer.from(
      (this.#bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt([...byte].reverse().join(''), 2)),
    );
  }

  #code(lengths: readonly number[], symbol: number): this {
    for (const [code, own] of codeOf(lengths)) if (own === symbol) this.#bits += code;
    return this;
  }
}

/** Code lengths of which most are 0. */
export function lengths(count: number, given: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: count }, (_, symbol) => given[symbol] ?? 0);
}
