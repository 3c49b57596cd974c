import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ALLOCATION_PRICE, OBJECT_PRICE } from '../../../src/shared/memory-price.ts';
import { HeldBytes } from '../../../src/websocket/wire/held-bytes.ts';

/** The sizes of pieces in turn, and of the memory in which each piece arrives, if it is larger. */
const ARRIVALS: readonly (readonly [title: string, sizes: readonly number[], memory: number | undefined])[] = [
  ['one byte at a time', [1], undefined],
  ['one byte of 64 KiB at a time', [1], 65_536],
  ['31 and 33 bytes', [31, 33], undefined],
  ['a few bytes of a pool', [100, 7], 8192],
  ['1000 bytes', [1000], undefined],
  ['just less than half of the memory', [32_767], 65_536],
  ['half of the memory', [32_768], 65_536],
  ['whole chunks', [65_536], undefined],
  ['whole chunks and single bytes', [65_536, 1], undefined],
  ['the shortest views and single bytes', [1024, 1], undefined],
  ['large and small pieces of 64 KiB', [40_000, 3, 20_000, 500], 65_536],
  ['pieces that are larger than a block', [100_000], 1_000_000],
];

const TOTAL_BYTES = 200_000;
const MOST_PIECES = 2000;

/** A piece of random bytes somewhere in memory of this size. */
function arrive(size: number, memory = size): { chunk: Uint8Array; start: number; end: number } {
  const chunk = new Uint8Array(new ArrayBuffer(Math.max(size, memory)));
  const start = chunk.length - size;
  chunk.set(randomBytes(size), start);
  return { chunk, start, end: chunk.length };
}

function hold(
  sizes: readonly number[],
  memory?: number,
): { held: HeldBytes; all: Buffer; chunks: Set<ArrayBufferLike> } {
  const held = new HeldBytes();
  const parts: Uint8Array[] = [];
  const chunks = new Set<ArrayBufferLike>();
  // An assertion for each of 2,000 pieces would take longer than what it checks.
  let mostExcess = 0;
  for (let index = 0; held.length < TOTAL_BYTES && index < MOST_PIECES; index++) {
    const { chunk, start, end } = arrive(sizes[index % sizes.length]!, memory);
    parts.push(chunk.slice(start, end));
    chunks.add(chunk.buffer);
    held.add(chunk, start, end);
    mostExcess = Math.max(mostExcess, held.cost - 2.3 * held.length);
  }
  expect(mostExcess).toBeLessThan(2048);
  return { held, all: Buffer.concat(parts), chunks };
}

describe('HeldBytes', () => {
  it.each(ARRIVALS)('takes about as much memory as it holds bytes, and counts all of it: %s', (_, sizes, memory) => {
    const { held, all } = hold(sizes, memory);
    const { cost } = held;
    const memories = new Set<ArrayBufferLike>();
    const pieces: Uint8Array[] = [];
    for (let piece = held.shift(); piece !== undefined; piece = held.shift()) {
      memories.add(piece.buffer);
      pieces.push(piece);
    }
    expect(Buffer.concat(pieces).equals(all)).toBe(true);
    const real = [...memories].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(cost).toBeGreaterThanOrEqual(real + pieces.length * ALLOCATION_PRICE);
    expect([held.length, held.cost]).toEqual([0, 2 * OBJECT_PRICE]);
  });

  it.each(ARRIVALS)('joins what it holds with the last piece: %s', (_, sizes, memory) => {
    for (const last of [0, 1, 50, 70_000]) {
      const { held, all } = hold(sizes, memory);
      const { chunk, start, end } = arrive(last, 100_000);
      const whole = Buffer.concat([all, chunk.subarray(start, end)]);
      expect(
        Buffer.from(held.join(chunk, start, end))
          .subarray(0, whole.length)
          .equals(whole),
      ).toBe(true);
    }
  });

  it('keeps a chunk that is needed without a copy, and nothing of a chunk of which little is needed', () => {
    const held = new HeldBytes();
    const large = arrive(40_000, 65_536);
    const small = arrive(30_000, 65_536);
    held.add(large.chunk, large.start, large.end);
    held.add(small.chunk, small.start, small.end);
    expect(held.shift()!.buffer).toBe(large.chunk.buffer);
    expect(held.shift()!.buffer).not.toBe(small.chunk.buffer);
    expect(held.shift()).toBeUndefined();
  });

  it('takes no more memory than is expected to be needed', () => {
    const held = new HeldBytes();
    for (let byte = 0; byte < 1000; byte++) held.add(Uint8Array.of(byte), 0, 1, 999 - byte);
    expect(held.cost).toBe(1000 + 2 * OBJECT_PRICE + ALLOCATION_PRICE);
  });

  it('delivers a message that is in one block without another copy, unless most of the block is unused', () => {
    const copies = [1, 63, 64, 100, 128].map((length) => {
      const held = new HeldBytes();
      for (let byte = 0; byte < length - 1; byte++) held.add(Uint8Array.of(byte), 0, 1);
      return held.join(Uint8Array.of(1), 0, 1).buffer.byteLength;
    });
    expect(copies.slice(2)).toEqual([128, 128, 128]);
    expect(copies[1]).not.toBe(128);
  });

  it('does not change what was joined when a block is used again', () => {
    const joined = Array.from({ length: 20 }, (_, index) => {
      const held = new HeldBytes();
      held.add(Buffer.alloc(1 + index, index), 0, 1 + index);
      return held.join(Buffer.of(index), 0, 1).subarray(0, 2 + index);
    });
    for (const [index, bytes] of joined.entries()) expect([...bytes]).toEqual(Array(2 + index).fill(index));
  });
});
