import { describe, expect, it } from 'vitest';
import { CodeLengths, HuffmanDecoder, NO_SYMBOL } from '../../../../src/websocket/wire/deflate/huffman-decoder.ts';
import { codeOf } from '../../../support/inflate.ts';

/** Returns the symbol and the number of bits that a decoder finds for each code. */
function decodeAll(decoder: HuffmanDecoder, lengths: readonly number[]): [symbol: number, bits: number][] {
  return [...codeOf(lengths)].map(([code]) => {
    const bits = Number.parseInt([...code].reverse().join(''), 2);
    let entry = decoder.entries[bits & decoder.mask]!;
    if (entry === 0) entry = decoder.longEntry(bits);
    return [entry >>> 4, entry & 15];
  });
}

function build(decoder: HuffmanDecoder, lengths: readonly number[], mayBeSingle = true): boolean {
  const used = new CodeLengths(lengths.length);
  for (const [symbol, length] of lengths.entries()) used.add(symbol, length);
  return decoder.build(used, mayBeSingle);
}

/** One code of each length up to 14, and two of 15. */
const SKEWED = [...Array.from({ length: 15 }, (_, index) => index + 1), 15];

describe('HuffmanDecoder, RFC 1951 §3.2.2', () => {
  it('decodes codes of all lengths, again and again', () => {
    const alphabets = [
      SKEWED,
      [1, 1],
      Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
      [0, 3, 0, 3, 3, 3, 3, 2, 4, 4],
      [...SKEWED].reverse(),
    ];
    for (const tableBits of [5, 9, 15]) {
      const decoder = new HuffmanDecoder(300, tableBits);
      for (const lengths of alphabets) {
        expect(build(decoder, lengths)).toBe(true);
        const expected = [...codeOf(lengths)].map(([code, symbol]) => [symbol, code.length]);
        expect(decodeAll(decoder, lengths)).toEqual(expected);
      }
    }
  });

  it('refuses codes that are over-subscribed or incomplete', () => {
    const decoder = new HuffmanDecoder(20, 9);
    expect([build(decoder, [1, 1, 1]), build(decoder, [2, 2, 2]), build(decoder, [0, 2])]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('accepts a single code of one bit where that is allowed', () => {
    const decoder = new HuffmanDecoder(20, 9);
    expect(build(decoder, [0, 1], false)).toBe(false);
    expect(build(decoder, [0, 1], true)).toBe(true);
    expect([decoder.mask, decoder.entries[0], decoder.entries[1]]).toEqual([1, (1 << 4) | 1, (NO_SYMBOL << 4) | 1]);
  });

  it('accepts no code at all, and finds no symbol then', () => {
    const decoder = new HuffmanDecoder(20, 9);
    expect(build(decoder, [0, 0, 0], false)).toBe(true);
    expect([decoder.entries[0], decoder.entries[decoder.mask]]).toEqual([(NO_SYMBOL << 4) | 1, (NO_SYMBOL << 4) | 1]);
  });
});
