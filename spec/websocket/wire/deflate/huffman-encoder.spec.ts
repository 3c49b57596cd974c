import { describe, expect, it } from 'vitest';
import { CodeLengthBuilder, codeFromLengths } from '../../../../src/websocket/wire/deflate/huffman-encoder.ts';

function lengthsFor(frequencies: number[], maxBits = 15): number[] {
  const lengths = new Uint8Array(frequencies.length);
  new CodeLengthBuilder(frequencies.length).build(Uint16Array.from(frequencies), lengths, maxBits);
  return [...lengths];
}

/** The sum of 2^-length: 1 for a complete code. */
const kraftSum = (lengths: readonly number[]): number =>
  lengths.filter((length) => length > 0).reduce((sum, length) => sum + 2 ** -length, 0);

describe('Huffman codes, RFC 1951 §3.2.2', () => {
  it('follow from their lengths as in the example of the standard', () => {
    // "For example, consider the alphabet ABCDEFGH, with bit lengths (3, 3, 3, 3, 3, 2, 4, 4)."
    const { codes, lengths } = codeFromLengths(Uint8Array.of(3, 3, 3, 3, 3, 2, 4, 4));
    const texts = Array.from(codes, (code, symbol) =>
      [...code.toString(2).padStart(lengths[symbol]!, '0')].reverse().join(''),
    );
    expect(texts).toEqual(['010', '011', '100', '101', '110', '00', '1110', '1111']);
  });

  it('are 0 for symbols without a length', () => {
    expect([...codeFromLengths(Uint8Array.of(1, 0, 1)).codes]).toEqual([0, 0, 1]);
  });

  it('are as short as the frequencies allow', () => {
    expect(lengthsFor([5, 1, 1, 2])).toEqual([1, 3, 3, 2]);
    expect(lengthsFor([1, 1, 1, 1])).toEqual([2, 2, 2, 2]);
    expect(lengthsFor([0, 7, 0, 3, 0])).toEqual([0, 1, 0, 1, 0]);
  });

  it('have one bit for a single symbol, and none without a symbol', () => {
    expect([lengthsFor([0, 9, 0]), lengthsFor([0, 0])]).toEqual([
      [0, 1, 0],
      [0, 0],
    ]);
  });

  it('have at most the given number of bits', () => {
    // Frequencies of Fibonacci's series give the longest codes.
    const fibonacci = [1, 1];
    while (fibonacci.length < 19) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
    expect(Math.max(...lengthsFor(fibonacci, 99))).toBe(18);
    for (const maxBits of [5, 7, 15]) {
      const lengths = lengthsFor(fibonacci, maxBits);
      expect([Math.max(...lengths) <= maxBits, kraftSum(lengths)]).toEqual([true, 1]);
    }
  });
});
