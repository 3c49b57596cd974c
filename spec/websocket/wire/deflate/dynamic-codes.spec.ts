import { describe, expect, it } from 'vitest';
import { BitWriter } from '../../../../src/websocket/wire/deflate/bit-writer.ts';
import { DynamicCodes } from '../../../../src/websocket/wire/deflate/dynamic-codes.ts';
import { zlibInflate } from '../../../support/zlib-inflate.ts';

const codes = new DynamicCodes();

function frequencies(count: number, given: Readonly<Record<number, number>>): Uint16Array {
  return Uint16Array.from({ length: count }, (_, symbol) => given[symbol] ?? 0);
}

/** A block with these codes and some literals. It fails if the description is not as long as announced. */
function blockOf(literals: Uint16Array, distances: Uint16Array, text: Buffer): Buffer {
  const announced = codes.build(literals, distances);
  const symbolBits = (frequencies: Uint16Array, lengths: Uint8Array): number =>
    frequencies.reduce((sum, frequency, symbol) => sum + frequency * lengths[symbol]!, 0);
  const bits =
    announced - symbolBits(literals, codes.literals.lengths) - symbolBits(distances, codes.distances.lengths);
  const writer = new BitWriter(Buffer.alloc(4096));
  writer.write(0b100, 3);
  codes.write(writer);
  for (const symbol of [...text, 256]) writer.write(codes.literals.codes[symbol]!, codes.literals.lengths[symbol]!);
  const textBits = [...text, 256].reduce((sum, symbol) => sum + codes.literals.lengths[symbol]!, 0);
  const block = Buffer.from(writer.end());
  expect(block).toHaveLength(Math.ceil((3 + bits + textBits) / 8));
  return block;
}

describe('DynamicCodes, RFC 1951 §3.2.7', () => {
  const tables: readonly [title: string, literals: Uint16Array, distances: Uint16Array, text: string][] = [
    ['two literals, and no distance', frequencies(286, { 97: 3, 98: 1, 256: 1 }), frequencies(30, {}), 'abba'],
    ['one distance', frequencies(286, { 97: 3, 256: 1, 257: 1 }), frequencies(30, { 29: 1 }), 'aaa'],
    ['all symbols, equally often', new Uint16Array(286).fill(3), new Uint16Array(30).fill(3), 'hello'],
    [
      'runs of every length, of zeros and of others',
      Uint16Array.from({ length: 286 }, (_, symbol) =>
        symbol === 256 || (symbol * symbol) % 37 < 20 ? 1 + (symbol % 3) : 0,
      ),
      Uint16Array.from({ length: 30 }, (_, symbol) => symbol % 5),
      '\x01\x02\x03',
    ],
    [
      'one literal, and the last length',
      frequencies(286, { 0: 1, 256: 1, 285: 1 }),
      frequencies(30, { 0: 1, 1: 1 }),
      '\0\0',
    ],
    [
      'frequencies that differ by orders of magnitude',
      Uint16Array.from(
        { length: 286 },
        (_, symbol) => Math.ceil(20_000 / (1 + (symbol % 60)) ** 3) + (symbol === 256 ? 1 : 0),
      ),
      Uint16Array.from({ length: 30 }, (_, symbol) => Math.ceil(2 ** (symbol / 2))),
      '\x03\x05\xff',
    ],
  ];
  for (const [title, literals, distances, text] of tables) {
    it(`describe ${title}`, () => {
      const bytes = Buffer.from(text, 'latin1');
      expect(zlibInflate(blockOf(literals, distances, bytes))).toEqual(bytes);
    });
  }
});
