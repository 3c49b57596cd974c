import {
  CODE_LENGTH_ORDER,
  DISTANCE_SYMBOLS,
  LITERAL_LENGTH_SYMBOLS,
  MAX_CODE_BITS,
  MAX_CODE_LENGTH_CODE_BITS,
  MIN_LITERAL_LENGTH_COUNT,
} from './alphabets.ts';
import type { BitWriter } from './bit-writer.ts';
import { assignCodes, CodeLengthBuilder, type HuffmanCode } from './huffman-encoder.ts';

/** How many extra bits follow the symbols 16, 17 and 18 of the code length alphabet. §3.2.7 */
const REPEAT_EXTRA_BITS = [2, 3, 7] as const;

/** The codes of a dynamic block, made for the symbols that occur in it (RFC 1951 §3.2.7). They can be made again and again. */
export class DynamicCodes {
  readonly literals: HuffmanCode = emptyCode(LITERAL_LENGTH_SYMBOLS);
  readonly distances: HuffmanCode = emptyCode(DISTANCE_SYMBOLS);
  readonly #codeLengthCode: HuffmanCode = emptyCode(CODE_LENGTH_ORDER.length);
  readonly #builder = new CodeLengthBuilder(LITERAL_LENGTH_SYMBOLS);
  readonly #frequencies = new Uint16Array(CODE_LENGTH_ORDER.length);
  /** The sequence of code lengths: symbols of the code length alphabet, with the value of their extra bits above them. */
  readonly #sequence = new Uint16Array(LITERAL_LENGTH_SYMBOLS + DISTANCE_SYMBOLS);
  #sequenceLength = 0;
  #literalCount = 0;
  #distanceCount = 0;
  #codeLengthCount = 0;

  /** Makes the codes, and returns how many bits their description and the symbols take, without extra bits. */
  build(literalFrequencies: Uint16Array, distanceFrequencies: Uint16Array): number {
    const { literals, distances } = this;
    const symbolBits =
      this.#builder.build(literalFrequencies, literals.lengths, MAX_CODE_BITS) +
      this.#builder.build(distanceFrequencies, distances.lengths, MAX_CODE_BITS);
    this.#literalCount = Math.max(MIN_LITERAL_LENGTH_COUNT, usedLength(literals.lengths));
    this.#distanceCount = Math.max(1, usedLength(distances.lengths));
    this.#sequenceLength = 0;
    this.#frequencies.fill(0);
    this.#describe();
    this.#builder.build(this.#frequencies, this.#codeLengthCode.lengths, MAX_CODE_LENGTH_CODE_BITS);
    return symbolBits + this.#descriptionBits();
  }

  /** Writes the description behind the header of the block. After that, the codes can be used. */
  write(writer: BitWriter): void {
    const { lengths, codes } = this.#codeLengthCode;
    assignCodes(this.literals.lengths, this.literals.codes);
    assignCodes(this.distances.lengths, this.distances.codes);
    assignCodes(lengths, codes);
    writer.write(this.#literalCount - MIN_LITERAL_LENGTH_COUNT, 5);
    writer.write(this.#distanceCount - 1, 5);
    writer.write(this.#codeLengthCount - 4, 4);
    for (let index = 0; index < this.#codeLengthCount; index++) writer.write(lengths[CODE_LENGTH_ORDER[index]!]!, 3);
    for (let index = 0; index < this.#sequenceLength; index++) {
      const symbol = this.#sequence[index]! & 31;
      writer.write(codes[symbol]!, lengths[symbol]!);
      if (symbol >= 16) writer.write(this.#sequence[index]! >>> 5, REPEAT_EXTRA_BITS[symbol - 16]!);
    }
  }

  #descriptionBits(): number {
    const { lengths } = this.#codeLengthCode;
    this.#codeLengthCount = CODE_LENGTH_ORDER.length;
    while (this.#codeLengthCount > 4 && lengths[CODE_LENGTH_ORDER[this.#codeLengthCount - 1]!] === 0) {
      this.#codeLengthCount--;
    }
    let bits = 14 + 3 * this.#codeLengthCount;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const extraBits = symbol < 16 ? 0 : REPEAT_EXTRA_BITS[symbol - 16]!;
      bits += this.#frequencies[symbol]! * (lengths[symbol]! + extraBits);
    }
    return bits;
  }

  /** Describes the lengths of both codes as one sequence, in which repetitions are shortened. */
  #describe(): void {
    const count = this.#literalCount + this.#distanceCount;
    for (let index = 0; index < count; ) {
      const length = this.#lengthAt(index);
      let run = 1;
      while (index + run < count && this.#lengthAt(index + run) === length) run++;
      index += run;
      if (length === 0) this.#repeatZero(run);
      else this.#repeat(length, run);
    }
  }

  #lengthAt(index: number): number {
    const count = this.#literalCount;
    return index < count ? this.literals.lengths[index]! : this.distances.lengths[index - count]!;
  }

  #repeatZero(run: number): void {
    let left = run;
    for (; left >= 11; left -= Math.min(left, 138)) this.#add(18, Math.min(left, 138) - 11);
    if (left >= 3) this.#add(17, left - 3);
    else for (; left > 0; left--) this.#add(0, 0);
  }

  #repeat(length: number, run: number): void {
    this.#add(length, 0);
    let left = run - 1;
    for (; left >= 3; left -= Math.min(left, 6)) this.#add(16, Math.min(left, 6) - 3);
    for (; left > 0; left--) this.#add(length, 0);
  }

  #add(symbol: number, extra: number): void {
    this.#frequencies[symbol]!++;
    this.#sequence[this.#sequenceLength++] = symbol | (extra << 5);
  }
}

function emptyCode(symbols: number): HuffmanCode {
  return { lengths: new Uint8Array(symbols), codes: new Uint16Array(symbols) };
}

/** The length of an array without the zeros at its end. */
function usedLength(lengths: Uint8Array): number {
  let length = lengths.length;
  while (length > 0 && lengths[length - 1] === 0) length--;
  return length;
}
