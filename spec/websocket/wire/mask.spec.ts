import { describe, expect, it } from 'vitest';
import { mask, readMaskingKey, rotateMaskingKey } from '../../../src/websocket/wire/mask.ts';

const KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0xbd);
const LENGTHS = [0, 1, 2, 3, 4, 5, 63, 64, 127, 128, 129, 130, 131, 132, 135, 136, 137, 143, 199, 200, 1000];

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + 3) & 0xff);
}

describe('mask', () => {
  it('masks the "Hello" of RFC 6455 §5.7', () => {
    const chunk = Buffer.from('Hello');
    mask(chunk, 0, 5, readMaskingKey(Uint8Array.of(0x37, 0xfa, 0x21, 0x3d), 0));
    expect(chunk.toString('hex')).toBe('7f9f4d5158');
  });

  it('masks exactly the range, at every alignment, rotation of the key and length around the word loop', () => {
    for (let alignment = 0; alignment < 8; alignment++) {
      for (let count = 0; count < 5; count++) {
        const maskingKey = rotateMaskingKey(readMaskingKey(KEY, 0), count);
        for (const length of LENGTHS) {
          const backing = bytes(length + 24);
          const expected = backing.slice();
          const start = 8 + alignment;
          for (let i = 0; i < length; i++) expected[start + i]! ^= KEY[(count + i) & 3]!;
          mask(backing, start, start + length, maskingKey);
          expect(backing, `alignment ${alignment}, turned by ${count}, length ${length}`).toEqual(expected);
        }
      }
    }
  });

  it('accepts a view that starts anywhere in its memory', () => {
    for (let offset = 0; offset < 8; offset++) {
      const chunk = new Uint8Array(300).subarray(offset, offset + 290);
      mask(chunk, 0, 290, readMaskingKey(KEY, 0));
      expect([...chunk]).toEqual(Array.from({ length: 290 }, (_, index) => KEY[index & 3]));
    }
  });
});

describe('readMaskingKey', () => {
  it('reads four octets at any offset', () => {
    expect(readMaskingKey(Uint8Array.of(9, 9, 1, 2, 3, 4), 2)).toBe(0x04030201);
  });
});
