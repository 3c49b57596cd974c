import { describe, expect, it } from 'vitest';
import { mask } from '../../../src/websocket/wire/mask.ts';

const KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + 3) & 0xff);
}

describe('mask', () => {
  it('gives the masked "Hello" of RFC 6455 §5.7', () => {
    const chunk = Buffer.from('Hello');
    mask(chunk, 0, 5, KEY, 0, 0);
    expect(chunk.toString('hex')).toBe('7f9f4d5158');
  });

  it('is right at every alignment, phase and length around the word loop, and touches nothing else', () => {
    for (let alignment = 0; alignment < 4; alignment++) {
      for (let phase = 0; phase < 4; phase++) {
        for (const length of [0, 1, 2, 3, 4, 5, 63, 64, 65, 66, 67, 68, 95, 96, 97, 131, 1000]) {
          const backing = bytes(length + 16);
          const expected = backing.slice();
          const start = 4 + alignment;
          for (let i = 0; i < length; i++) expected[start + i]! ^= KEY[(phase + i) & 3]!;
          mask(backing, start, start + length, KEY, 0, phase);
          expect(backing, `alignment ${alignment}, phase ${phase}, length ${length}`).toEqual(expected);
        }
      }
    }
  });

  it('takes the key from any place, also of a chunk that is itself masked', () => {
    const chunk = Buffer.concat([KEY, Buffer.from('Hello')]);
    mask(chunk, 4, 9, chunk, 0, 0);
    expect(chunk.subarray(4).toString('hex')).toBe('7f9f4d5158');
  });
});
