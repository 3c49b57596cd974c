import { describe, expect, it } from 'vitest';
import {
  CODE_LENGTH_ORDER,
  DISTANCE_BASES,
  DISTANCE_EXTRA_BITS,
  fixedDistanceCodeLengths,
  fixedLiteralLengthCodeLengths,
  LENGTH_BASES,
  LENGTH_EXTRA_BITS,
} from '../../../../src/websocket/wire/deflate/alphabets.ts';
import { FIXED_DISTANCE_LENGTHS, FIXED_LITERAL_LENGTHS } from '../../../support/deflate-blocks.ts';

describe('the alphabets of RFC 1951 §3.2.5 to §3.2.7', () => {
  it('have lengths and distances without a gap', () => {
    for (let symbol = 0; symbol < 27; symbol++) {
      expect(LENGTH_BASES[symbol + 1]).toBe(LENGTH_BASES[symbol]! + 2 ** LENGTH_EXTRA_BITS[symbol]!);
    }
    // The last length has a symbol of its own.
    expect([LENGTH_BASES[27]! + 31, LENGTH_BASES[28], LENGTH_EXTRA_BITS[28]]).toEqual([258, 258, 0]);
    for (let symbol = 0; symbol < 29; symbol++) {
      expect(DISTANCE_BASES[symbol + 1]).toBe(DISTANCE_BASES[symbol]! + 2 ** DISTANCE_EXTRA_BITS[symbol]!);
    }
    expect(DISTANCE_BASES[29]! + 2 ** DISTANCE_EXTRA_BITS[29]! - 1).toBe(32_768);
  });

  it('have the fixed codes of §3.2.6', () => {
    expect([...fixedLiteralLengthCodeLengths()]).toEqual(FIXED_LITERAL_LENGTHS);
    expect([...fixedDistanceCodeLengths()]).toEqual(FIXED_DISTANCE_LENGTHS);
  });

  it('name each symbol of the code length alphabet once', () => {
    expect([...CODE_LENGTH_ORDER].sort((a, b) => a - b)).toEqual(Array.from({ length: 19 }, (_, symbol) => symbol));
  });
});
