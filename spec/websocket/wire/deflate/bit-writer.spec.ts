import { describe, expect, it } from 'vitest';
import { BitWriter } from '../../../../src/websocket/wire/deflate/bit-writer.ts';

describe('BitWriter, RFC 1951 §3.1.1', () => {
  it('fills each byte from its lowest bit on', () => {
    const writer = new BitWriter(Buffer.alloc(16));
    writer.write(0b1, 1);
    writer.write(0b010, 3);
    writer.write(0, 0);
    writer.write(0b1100_1111_0000_1010, 16);
    writer.write(0b11, 2);
    expect(Buffer.from(writer.end()).toString('hex')).toBe(
      Buffer.from([0b1010_0101, 0b1111_0000, 0b0011_1100]).toString('hex'),
    );
  });

  it('starts anew after the end, and returns memory of its own', () => {
    const writer = new BitWriter(Buffer.alloc(16));
    expect(writer.end()).toHaveLength(0);
    writer.write(0xff, 8);
    const first = writer.end();
    writer.write(0x01, 9);
    expect([[...first], [...writer.end()]]).toEqual([[0xff], [0x01, 0x00]]);
  });
});
