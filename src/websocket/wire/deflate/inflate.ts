import {
  CODE_LENGTH_ORDER,
  DISTANCE_BASES,
  DISTANCE_EXTRA_BITS,
  DISTANCE_SYMBOLS,
  END_OF_BLOCK,
  FIRST_LENGTH_SYMBOL,
  FIXED_DISTANCE_SYMBOLS,
  FIXED_LITERAL_LENGTH_SYMBOLS,
  fixedDistanceCodeLengths,
  fixedLiteralLengthCodeLengths,
  LENGTH_BASES,
  LENGTH_EXTRA_BITS,
  LITERAL_LENGTH_SYMBOLS,
  MAX_CODE_LENGTH_CODE_BITS,
  MIN_LITERAL_LENGTH_COUNT,
  TAIL,
} from './alphabets.ts';
import { CodeLengths, HuffmanDecoder, NO_SYMBOL } from './huffman-decoder.ts';
import type { Window } from './window.ts';

/**
 * The longest input and the longest output of an `InflateDecoder`, in bytes. Measured with JSON: up to 1.5 KiB, it is up to 30
 * times as fast as zlib, which creates an object for each message. Longer messages are faster with zlib.
 */
export const MAX_INFLATE_INPUT: number = 2 * 1024;
export const MAX_INFLATE_OUTPUT: number = 128 * 1024;

/** Why `decode()` failed. */
export const InflateFailure = { INVALID: -1, TOO_LONG: -2, TOO_MANY_FINAL_BLOCKS: -3 } as const;

/** How a block ended: with its last bit, or with the input. An `InflateFailure` is another possibility. */
const BLOCK_END = 0;
const INPUT_END = 1;

/**
 * Codes of up to this many bits are decoded by one look at a table. The fixed codes have at most 9 bits. In dynamic blocks, longer
 * codes are rare by their nature, and a smaller table is built faster.
 */
const FIXED_TABLE_BITS = 9;
const DYNAMIC_TABLE_BITS = 8;

/** From this length on, a match is copied by a call. */
const LONG_MATCH = 64;

/** The estimated work of decoding, in microseconds: of the codes of a dynamic block. */
const DYNAMIC_BLOCK_WORK = 2;

/**
 * Decodes messages of DEFLATE blocks (RFC 1951). The input and the output are in memory of its own, so one decoder serves
 * all connections, one message after the other.
 *
 * Data is accepted or refused exactly as by zlib. In particular, a message that is cut off yields all that can be decoded.
 */
export class InflateDecoder {
  /** The result of `decode()`; valid until the next call. */
  readonly output: Buffer = Buffer.allocUnsafeSlow(MAX_INFLATE_OUTPUT);
  /** The number of dynamic blocks that were decoded, weighted with their cost, in microseconds. */
  #work = 0;
  readonly #input = new Uint8Array(MAX_INFLATE_INPUT + TAIL.length);
  #inputEnd = 0;
  #position = 0;
  /** The next bits of the input: the first one is the lowest. There are always fewer than 32, and zeros behind them. */
  #bits = 0;
  #bitCount = 0;
  #window!: Window;
  #outputLength = 0;
  /** Whether the dynamic block has a code for its end. */
  #hasEndOfBlock = false;
  #maxOutput = 0;
  readonly #fixedLiterals = new HuffmanDecoder(FIXED_LITERAL_LENGTH_SYMBOLS, FIXED_TABLE_BITS);
  readonly #fixedDistances = new HuffmanDecoder(FIXED_DISTANCE_SYMBOLS, FIXED_TABLE_BITS);
  readonly #literals = new HuffmanDecoder(LITERAL_LENGTH_SYMBOLS, DYNAMIC_TABLE_BITS);
  readonly #distances = new HuffmanDecoder(DISTANCE_SYMBOLS, DYNAMIC_TABLE_BITS);
  readonly #codeLengthCode = new HuffmanDecoder(CODE_LENGTH_ORDER.length, MAX_CODE_LENGTH_CODE_BITS);
  readonly #literalLengths = new CodeLengths(LITERAL_LENGTH_SYMBOLS);
  readonly #distanceLengths = new CodeLengths(DISTANCE_SYMBOLS);
  readonly #codeLengthLengths = new CodeLengths(CODE_LENGTH_ORDER.length);
  readonly #threeBits = new Uint8Array(CODE_LENGTH_ORDER.length);

  constructor() {
    this.#fixedLiterals.build(codeLengthsOf(fixedLiteralLengthCodeLengths()), false);
    this.#fixedDistances.build(codeLengthsOf(fixedDistanceCodeLengths()), false);
  }

  /** Returns the work of the last `decode()` that does not follow from its bytes, in microseconds. */
  get work(): number {
    return this.#work;
  }

  /**
   * Decodes a message. References may go back to the bytes of `window`.
   *
   * @param compressed     at most `MAX_INFLATE_INPUT` bytes, without the tail of RFC 7692 §7.2.1
   * @param maxBytes       the limit of the result, at most `MAX_INFLATE_OUTPUT`
   * @param maxFinalBlocks how many blocks with BFINAL may be followed by others
   * @returns the length of the result in `output`, or an `InflateFailure`
   */
  decode(compressed: Uint8Array, window: Window, maxBytes: number, maxFinalBlocks: number): number {
    this.#input.set(compressed);
    this.#input.set(TAIL, compressed.length);
    this.#inputEnd = compressed.length + TAIL.length;
    this.#position = 0;
    this.#bits = 0;
    this.#bitCount = 0;
    this.#window = window;
    this.#outputLength = 0;
    this.#maxOutput = maxBytes;
    this.#work = 0;
    let finalBlocks = 0;
    for (;;) {
      const header = this.#readBits(3);
      if (header < 0) return this.#outputLength;
      const end = this.#decodeBlock(header >>> 1);
      if (end < 0) return end;
      if (end === INPUT_END) return this.#outputLength;
      if ((header & 1) === 0) continue;
      // Another stream may start with the next byte. It continues with the same window.
      this.#alignToByte();
      if (this.#position === this.#inputEnd) return this.#outputLength;
      if (++finalBlocks > maxFinalBlocks) return InflateFailure.TOO_MANY_FINAL_BLOCKS;
    }
  }

  #decodeBlock(type: number): number {
    if (type === 0) return this.#decodeStored();
    if (type === 1) return this.#decodeCompressed(this.#fixedLiterals, this.#fixedDistances);
    if (type === 3) return InflateFailure.INVALID;
    const end = this.#readDynamicCodes();
    return end === BLOCK_END ? this.#decodeCompressed(this.#literals, this.#distances) : end;
  }

  /** Returns the next bits as a number, or -1 if the input ends before. */
  #readBits(count: number): number {
    while (this.#bitCount < count) {
      if (this.#position === this.#inputEnd) return -1;
      this.#bits |= this.#input[this.#position++]! << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  /** Skips the bits up to the next byte. */
  #alignToByte(): void {
    this.#position -= this.#bitCount >>> 3;
    this.#bits = 0;
    this.#bitCount = 0;
  }

  /** RFC 1951 §3.2.4 */
  #decodeStored(): number {
    this.#alignToByte();
    const input = this.#input;
    const start = this.#position;
    if (this.#inputEnd - start < 4) return INPUT_END;
    const length = input[start]! | (input[start + 1]! << 8);
    const complement = input[start + 2]! | (input[start + 3]! << 8);
    if (length !== (complement ^ 0xffff)) return InflateFailure.INVALID;
    const end = Math.min(start + 4 + length, this.#inputEnd);
    const bytes = end - start - 4;
    if (this.#outputLength + bytes > this.#maxOutput) return InflateFailure.TOO_LONG;
    this.output.set(input.subarray(start + 4, end), this.#outputLength);
    this.#outputLength += bytes;
    this.#position = end;
    return bytes === length ? BLOCK_END : INPUT_END;
  }

  /** Reads the codes of a dynamic block, §3.2.7. */
  #readDynamicCodes(): number {
    this.#work += DYNAMIC_BLOCK_WORK;
    // The 14 bits are there: a block cannot start so near to the end of the tail.
    const counts = this.#readBits(14);
    const literalCount = (counts & 31) + MIN_LITERAL_LENGTH_COUNT;
    const distanceCount = ((counts >>> 5) & 31) + 1;
    const count = (counts >>> 10) + 4;
    if (literalCount > LITERAL_LENGTH_SYMBOLS || distanceCount > DISTANCE_SYMBOLS) return InflateFailure.INVALID;
    const threeBits = this.#threeBits;
    for (let index = 0; index < CODE_LENGTH_ORDER.length; index++) {
      const length = index < count ? this.#readBits(3) : 0;
      if (length < 0) return INPUT_END;
      threeBits[CODE_LENGTH_ORDER[index]!] = length;
    }
    const codeLengthLengths = this.#codeLengthLengths;
    codeLengthLengths.count = 0;
    for (let symbol = 0; symbol < threeBits.length; symbol++) codeLengthLengths.add(symbol, threeBits[symbol]!);
    if (!this.#codeLengthCode.build(codeLengthLengths, false)) return InflateFailure.INVALID;
    const end = this.#readCodeLengths(literalCount, literalCount + distanceCount);
    if (end !== BLOCK_END) return end;
    const isValid =
      this.#hasEndOfBlock &&
      this.#literals.build(this.#literalLengths, true) &&
      this.#distances.build(this.#distanceLengths, true);
    return isValid ? BLOCK_END : InflateFailure.INVALID;
  }

  /** Reads the lengths of both codes, which are one sequence. */
  #readCodeLengths(literalCount: number, count: number): number {
    const literals = this.#literalLengths;
    const distances = this.#distanceLengths;
    literals.count = 0;
    distances.count = 0;
    this.#hasEndOfBlock = false;
    let length = 0;
    for (let index = 0; index < count; ) {
      const symbol = this.#readCodeLengthSymbol();
      if (symbol < 0) return INPUT_END;
      let end = index + 1;
      if (symbol < 16) {
        length = symbol;
      } else {
        const repeat = symbol === 16 ? this.#readBits(2) : symbol === 17 ? this.#readBits(3) : this.#readBits(7);
        if (repeat < 0) return INPUT_END;
        if (symbol === 16 && index === 0) return InflateFailure.INVALID;
        end = index + repeat + (symbol === 18 ? 11 : 3);
        if (end > count) return InflateFailure.INVALID;
        if (symbol !== 16) length = 0;
      }
      if (length === 0) {
        index = end;
        continue;
      }
      if (index <= END_OF_BLOCK && END_OF_BLOCK < end) this.#hasEndOfBlock = true;
      for (; index < end; index++) {
        if (index < literalCount) literals.add(index, length);
        else distances.add(index - literalCount, length);
      }
    }
    return BLOCK_END;
  }

  #readCodeLengthSymbol(): number {
    const { entries, mask } = this.#codeLengthCode;
    while (this.#bitCount < 7 && this.#position < this.#inputEnd) {
      this.#bits |= this.#input[this.#position++]! << this.#bitCount;
      this.#bitCount += 8;
    }
    const entry = entries[this.#bits & mask]!;
    const length = entry & 15;
    if (length > this.#bitCount) return -1;
    this.#bits >>>= length;
    this.#bitCount -= length;
    const symbol = entry >>> 4;
    // zlib reads a code of length 0 if no code has a length.
    return symbol === NO_SYMBOL ? 0 : symbol;
  }

  /** Decodes literals and references up to the end of the block, §3.2.3. All that the loop needs is in local variables. */
  #decodeCompressed(literals: HuffmanDecoder, distances: HuffmanDecoder): number {
    const { output } = this;
    const input = this.#input;
    const inputEnd = this.#inputEnd;
    const maxOutput = this.#maxOutput;
    const window = this.#window;
    const { entries: literalEntries, mask: literalMask } = literals;
    const { entries: distanceEntries, mask: distanceMask } = distances;
    let position = this.#position;
    let bits = this.#bits;
    let bitCount = this.#bitCount;
    let length = this.#outputLength;
    let end: number = INPUT_END;
    for (;;) {
      if (bitCount < 15) {
        for (; bitCount <= 23 && position < inputEnd; bitCount += 8) bits |= input[position++]! << bitCount;
      }
      let entry = literalEntries[bits & literalMask]!;
      if (entry === 0) entry = literals.longEntry(bits);
      let codeBits = entry & 15;
      if (codeBits > bitCount) break;
      bits >>>= codeBits;
      bitCount -= codeBits;
      const symbol = entry >>> 4;
      if (symbol < END_OF_BLOCK) {
        if (length === maxOutput) {
          end = InflateFailure.TOO_LONG;
          break;
        }
        output[length++] = symbol;
        continue;
      }
      if (symbol === END_OF_BLOCK) {
        end = BLOCK_END;
        break;
      }
      if (symbol >= LITERAL_LENGTH_SYMBOLS) {
        end = InflateFailure.INVALID;
        break;
      }
      const lengthSymbol = symbol - FIRST_LENGTH_SYMBOL;
      for (; bitCount <= 23 && position < inputEnd; bitCount += 8) bits |= input[position++]! << bitCount;
      let extraBits = LENGTH_EXTRA_BITS[lengthSymbol]!;
      if (extraBits > bitCount) break;
      const matchLength = LENGTH_BASES[lengthSymbol]! + (bits & ((1 << extraBits) - 1));
      bits >>>= extraBits;
      bitCount -= extraBits;

      entry = distanceEntries[bits & distanceMask]!;
      if (entry === 0) entry = distances.longEntry(bits);
      codeBits = entry & 15;
      if (codeBits > bitCount) break;
      bits >>>= codeBits;
      bitCount -= codeBits;
      const distanceSymbol = entry >>> 4;
      if (distanceSymbol >= DISTANCE_SYMBOLS) {
        end = InflateFailure.INVALID;
        break;
      }
      extraBits = DISTANCE_EXTRA_BITS[distanceSymbol]!;
      if (extraBits > bitCount) {
        for (; bitCount <= 23 && position < inputEnd; bitCount += 8) bits |= input[position++]! << bitCount;
        if (extraBits > bitCount) break;
      }
      const distance = DISTANCE_BASES[distanceSymbol]! + (bits & ((1 << extraBits) - 1));
      bits >>>= extraBits;
      bitCount -= extraBits;

      const matchEnd = length + matchLength;
      if (distance > length + window.length) {
        end = InflateFailure.INVALID;
        break;
      }
      if (matchEnd > maxOutput) {
        end = InflateFailure.TOO_LONG;
        break;
      }
      let from = length - distance;
      if (from < 0) {
        const ring = window.bytes;
        const ringMask = ring.length - 1;
        const windowEnd = window.end;
        for (; from < 0 && length < matchEnd; from++) output[length++] = ring[(windowEnd + from) & ringMask]!;
      }
      if (matchEnd - length < LONG_MATCH) {
        while (length < matchEnd) output[length++] = output[from++]!;
      } else if (distance === 1) {
        output.fill(output[from]!, length, matchEnd);
        length = matchEnd;
      }
      // What is repeated grows with each copy.
      while (length < matchEnd) {
        const end = Math.min(length, from + matchEnd - length);
        output.copyWithin(length, from, end);
        length += end - from;
      }
    }
    this.#position = position;
    this.#bits = bits;
    this.#bitCount = bitCount;
    this.#outputLength = length;
    return end;
  }
}

function codeLengthsOf(lengths: Uint8Array): CodeLengths {
  const used = new CodeLengths(lengths.length);
  for (const [symbol, length] of lengths.entries()) used.add(symbol, length);
  return used;
}
