import { describe, expect, it } from 'vitest';
import { type Block, JoinedWrites, type WriteCallback } from '../../src/shared/joined-writes.ts';
import { ALLOCATION_PRICE, OBJECT_PRICE } from '../../src/shared/memory-price.ts';

const KIB = 1024;
/** The price of a block's objects. */
const BLOCK_PRICE = ALLOCATION_PRICE + OBJECT_PRICE;

const none = (): void => {};

let fill = 0;
/** Bytes that differ from the previous ones, in memory of their own. */
function bytesOf(length: number): Buffer {
  fill = (fill + 41) % 251;
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let index = 0; index < length; index++) bytes[index] = fill + index * 7;
  return bytes;
}

/** The last `length` bytes of new memory. */
function viewOf(length: number, memory: number): Buffer {
  return bytesOf(memory).subarray(memory - length);
}

function add(writes: JoinedWrites, bytes: Uint8Array): boolean {
  return writes.add(bytes, 0, bytes.length, 0);
}

function shiftAll(writes: JoinedWrites): Block[] {
  const blocks: Block[] = [];
  for (let block = writes.shift(); block !== undefined; block = writes.shift()) blocks.push(block);
  return blocks;
}

const joined = (blocks: readonly Block[]): Buffer => Buffer.concat(blocks.map(({ bytes }) => bytes));

describe('bytes that wait for a slow reader', () => {
  it('leave in the order in which they were added, small and large ones', () => {
    const lengths = [0, 1, 5, 1023, 1024, 1025, 3, 16 * KIB, 1, 64 * KIB, 0, 64 * KIB + 1, 2, 200_000, 900, 900];
    for (let first = 0; first < lengths.length; first++) {
      const writes = new JoinedWrites();
      const pieces = [...lengths.slice(first), ...lengths.slice(0, first)].map(bytesOf);
      for (const piece of pieces) add(writes, piece);
      const total = pieces.reduce((sum, { length }) => sum + length, 0);
      expect(writes.length).toBe(total);
      const blocks = shiftAll(writes);
      expect(joined(blocks).equals(Buffer.concat(pieces))).toBe(true);
      expect(blocks.reduce((sum, { length }) => sum + length, 0)).toBe(total);
      expect([writes.length, writes.cost]).toEqual([0, 0]);
    }
  });

  it('leave in order if some leave while others are added, and none leave twice', () => {
    const writes = new JoinedWrites();
    const pieces: Buffer[] = [];
    const blocks: Block[] = [];
    for (let round = 0; round < 300; round++) {
      const piece = bytesOf((round * round * 37) % (round % 7 === 0 ? 40_000 : 1500));
      pieces.push(piece);
      add(writes, piece);
      const block = round % 3 === 0 ? writes.shift() : undefined;
      if (block !== undefined) blocks.push(block);
    }
    blocks.push(...shiftAll(writes));
    expect(joined(blocks).equals(Buffer.concat(pieces))).toBe(true);
    expect([writes.length, writes.cost, writes.shift()]).toEqual([0, 0, undefined]);
  });

  it('are the part of the chunk between start and end', () => {
    for (const [start, end] of [
      [0, 4000],
      [3, 700],
      [0, 700],
      [1, 4000],
      [10, 10],
    ] as const) {
      const writes = new JoinedWrites();
      const chunk = bytesOf(4000);
      writes.add(chunk, start, end, 0);
      expect(writes.length).toBe(end - start);
      expect(joined(shiftAll(writes)).equals(chunk.subarray(start, end))).toBe(true);
    }
  });
});

describe('bytes that do not count', () => {
  it('are those of the block that leaves, in the proportion of its bytes, and of all that are left', () => {
    const writes = new JoinedWrites();
    let [length, overhead] = [0, 0];
    for (let round = 0; round < 500; round++) {
      const bytes = bytesOf((round * round * 37) % (round % 9 === 0 ? 100_000 : 1500));
      const part = round % 3 === 0 ? bytes.length : Math.floor(bytes.length / (1 + (round % 5)));
      // A view of larger memory is copied, so that several blocks may share it.
      const chunk = round % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(3 * bytes.length)]);
      writes.add(chunk, 0, bytes.length, part);
      length += bytes.length;
      overhead += part;
      expect([writes.length, writes.overhead]).toEqual([length, overhead]);
      const block = round % 4 === 0 ? writes.shift() : undefined;
      if (block === undefined) continue;
      expect(block.overhead).toBeGreaterThanOrEqual(0);
      expect(block.overhead).toBeLessThanOrEqual(block.length);
      length -= block.length;
      overhead -= block.overhead;
      expect([writes.length, writes.overhead]).toEqual([length, overhead]);
    }
    for (const block of shiftAll(writes)) overhead -= block.overhead;
    expect([overhead, writes.overhead]).toEqual([0, 0]);
    writes.add(bytesOf(10), 0, 10, 4);
    writes.discard();
    expect(writes.overhead).toBe(0);
  });

  it('are shared by the blocks that share a chunk', () => {
    const writes = new JoinedWrites();
    add(writes, bytesOf(1000));
    writes.add(viewOf(1000, 4000), 0, 1000, 500);
    const blocks = shiftAll(writes);
    expect(blocks.map(({ length, overhead }) => [length, overhead])).toEqual([[2000, 500]]);
    const large = viewOf(100 * KIB, 400 * KIB);
    writes.add(large, 0, large.length, large.length / 4);
    for (const { length, overhead } of shiftAll(writes)) expect(overhead).toBe(length / 4);
  });
});

describe('the writes', () => {
  it('join small pieces, up to 64 KiB each', () => {
    const writes = new JoinedWrites();
    for (let count = 0; count < 20_000; count++) add(writes, bytesOf(10));
    const lengths = shiftAll(writes).map(({ length }) => length);
    expect(lengths.length).toBeLessThanOrEqual(5);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(64 * KIB);
  });

  it('join pieces that are kept, too, if they are up to 64 KiB together', () => {
    const writes = new JoinedWrites();
    for (let count = 0; count < 64; count++) add(writes, bytesOf(2 * KIB));
    expect(shiftAll(writes).map(({ length }) => length)).toEqual([64 * KIB, 64 * KIB]);
  });

  it('split pieces that are copied, so that no block is larger than 64 KiB', () => {
    const writes = new JoinedWrites();
    const piece = viewOf(150_000, 400_000);
    add(writes, piece);
    const blocks = shiftAll(writes);
    expect(blocks.map(({ length }) => length)).toEqual([64 * KIB, 64 * KIB, 150_000 - 128 * KIB]);
    expect(joined(blocks).equals(piece)).toBe(true);
  });

  it('are not joined with a large piece: it leaves as it is', () => {
    const writes = new JoinedWrites();
    const large = bytesOf(64 * KIB);
    for (const piece of [bytesOf(10), large, bytesOf(10)]) add(writes, piece);
    const blocks = shiftAll(writes);
    expect(blocks.map(({ length }) => length)).toEqual([10, 64 * KIB, 10]);
    expect(blocks[1]!.bytes.buffer).toBe(large.buffer);
  });
});

describe('a piece of the bytes', () => {
  it.each([
    // length, the memory that it keeps alive, whether it is copied
    [1, 1, true],
    [1023, 1023, true],
    [1024, 1024, false],
    [1024, 2048, false],
    [1024, 2049, true],
    [1023, 1200, true],
    [30_000, 60_000, false],
    [30_000, 60_001, true],
    [200_000, 400_000, false],
    [200_000, 400_001, true],
  ])('of %i bytes in memory of %i bytes: copied %s', (length, memory, copied) => {
    const writes = new JoinedWrites();
    const piece = viewOf(length, memory);
    const expected = Buffer.from(piece);
    expect(add(writes, piece)).toBe(copied);
    // What was copied may be overwritten at once. What was not is the same memory.
    if (copied) piece.fill(0);
    const blocks = shiftAll(writes);
    expect(joined(blocks).equals(expected)).toBe(true);
    expect(blocks.some(({ memory: held }) => held.buffer === piece.buffer)).toBe(!copied);
  });

  it('may be overwritten after the call if it was copied, wherever it was put', () => {
    const writes = new JoinedWrites();
    const reused = Buffer.alloc(64 * KIB);
    const expected: Buffer[] = [];
    for (let round = 0; round < 500; round++) {
      const piece = bytesOf((round * 131) % 5000);
      const start = (round * 977) % 60_000;
      reused.set(piece, start);
      expect(writes.add(reused, start, start + piece.length, 0)).toBe(true);
      reused.fill(0xee);
      if (round % 5 === 0) add(writes, bytesOf(2000).fill(round));
      expected.push(piece);
      if (round % 5 === 0) expected.push(Buffer.alloc(2000, round));
    }
    expect(joined(shiftAll(writes)).equals(Buffer.concat(expected))).toBe(true);
  });
});

describe('the cost of the bytes', () => {
  it('is that of whole blocks, which grow from 1 KiB to 64 KiB, and of their objects', () => {
    const writes = new JoinedWrites();
    const costs: number[] = [];
    for (let total = 0; total < 200 * KIB; total += 512) {
      add(writes, bytesOf(512));
      if (costs.at(-1) !== writes.cost) costs.push(writes.cost);
    }
    let sum = 0;
    const expected = [1, 2, 4, 8, 16, 32, 64, 64, 64].map((size) => {
      sum += size * KIB + BLOCK_PRICE;
      return sum;
    });
    expect(costs).toEqual(expected);
    expect(writes.cost).toBeLessThan(2 * writes.length);
  });

  it('of a piece that is kept is all the memory that it keeps alive', () => {
    for (const [length, memory] of [
      [1024, 1024],
      [1024, 2048],
      [100_000, 150_000],
    ] as const) {
      const writes = new JoinedWrites();
      add(writes, viewOf(length, memory));
      expect([writes.length, writes.cost]).toEqual([length, memory + BLOCK_PRICE]);
      expect(writes.shift()!.cost).toBe(memory + BLOCK_PRICE);
      expect([writes.length, writes.cost]).toEqual([0, 0]);
    }
  });

  it('includes each callback, and passes to the block that leaves', () => {
    const writes = new JoinedWrites();
    add(writes, bytesOf(10));
    writes.addCallbacks([none, none]);
    writes.addCallbacks([none]);
    expect(writes.cost).toBe(KIB + BLOCK_PRICE + 3 * OBJECT_PRICE);
    const { cost, memory } = writes.shift()!;
    expect([cost, memory.buffer.byteLength]).toEqual([KIB + BLOCK_PRICE + 3 * OBJECT_PRICE, KIB]);
    expect(writes.cost).toBe(0);
  });

  it('of a joined block is that of its memory and of all callbacks', () => {
    const writes = new JoinedWrites();
    for (let count = 0; count < 4; count++) {
      add(writes, bytesOf(2000));
      writes.addCallbacks([none]);
    }
    const block = writes.shift()!;
    expect([block.length, block.memory.buffer.byteLength]).toEqual([8000, 8000]);
    expect([block.cost, block.callbacks]).toEqual([8000 + BLOCK_PRICE + 4 * OBJECT_PRICE, [none, none, none, none]]);
    expect(writes.cost).toBe(0);
  });

  it('does not include the free memory of a block behind which a large piece follows, if that is more than half', () => {
    const writes = new JoinedWrites();
    const large = bytesOf(64 * KIB);
    add(writes, bytesOf(100));
    expect(writes.cost).toBe(KIB + BLOCK_PRICE);
    add(writes, large);
    expect(writes.cost).toBe(100 + BLOCK_PRICE + large.length + BLOCK_PRICE);
    expect(writes.shift()!.memory.buffer.byteLength).toBe(100);

    add(writes, bytesOf(600));
    add(writes, large);
    expect(writes.cost).toBe(2 * (large.length + BLOCK_PRICE) + KIB + BLOCK_PRICE);
    shiftAll(writes);
    expect(writes.cost).toBe(0);
  });

  it('counts the memory of each block, however pieces are added and removed, and is at most about three times the bytes', () => {
    const writes = new JoinedWrites();
    for (let round = 0; round < 400; round++) {
      const length = (round * 7919) % (round % 4 === 0 ? 60_000 : 900);
      add(writes, viewOf(length, length + ((round * 104_729) % 60_000)));
      if (round % 3 === 0) writes.addCallbacks([none]);
      expect(writes.cost).toBeGreaterThanOrEqual(writes.length);
      expect(writes.cost).toBeLessThanOrEqual(3 * writes.length + 64 * KIB + BLOCK_PRICE + round * OBJECT_PRICE);
      const before = writes.cost;
      const block = round % 5 === 4 ? writes.shift() : undefined;
      if (block === undefined) continue;
      const { memory, cost, callbacks } = block;
      expect(cost).toBe(memory.buffer.byteLength + BLOCK_PRICE + (callbacks?.length ?? 0) * OBJECT_PRICE);
      expect(before - writes.cost).toBeGreaterThanOrEqual(block.length);
    }
    shiftAll(writes);
    expect([writes.length, writes.cost]).toEqual([0, 0]);
  });

  it('starts again with small blocks when everything has left', () => {
    const writes = new JoinedWrites();
    for (let count = 0; count < 1000; count++) add(writes, bytesOf(500));
    shiftAll(writes);
    add(writes, bytesOf(1));
    expect(writes.cost).toBe(KIB + BLOCK_PRICE);
  });
});

describe('the callbacks of the bytes', () => {
  /** A callback that notes its number. */
  const noting = (called: number[], number: number): WriteCallback => {
    return () => void called.push(number);
  };

  it('leave with the last bytes that were added before them, in order, and once', () => {
    for (const lengths of [[10], [2000], [10, 2000], [10, 70_000, 500], [40_000, 1, 40_000]]) {
      const writes = new JoinedWrites();
      const called: number[] = [];
      /** The number of bytes before each callback. */
      const offsets: number[] = [];
      let offset = 0;
      for (let number = 0; number < 60; number++) {
        const length = lengths[number % lengths.length]!;
        add(writes, bytesOf(length));
        offset += length;
        offsets.push(offset);
        expect(writes.addCallbacks([noting(called, number)])).toBe(true);
      }
      let left = 0;
      for (const block of shiftAll(writes)) {
        left += block.length;
        for (const callback of block.callbacks ?? []) callback();
        // All bytes of a callback have left by then, and no callback of theirs is missing.
        expect(called.every((number) => offsets[number]! <= left)).toBe(true);
        expect(called).toHaveLength(offsets.filter((end) => end <= left).length);
      }
      expect(called).toEqual(offsets.map((_, number) => number));
    }
  });

  it('are not taken if all bytes have left', () => {
    const writes = new JoinedWrites();
    expect(writes.addCallbacks([none])).toBe(false);
    add(writes, bytesOf(10));
    writes.shift();
    expect([writes.addCallbacks([none]), writes.cost]).toEqual([false, 0]);
  });

  it('are returned in order when the bytes are discarded; others may follow', () => {
    const writes = new JoinedWrites();
    const called: number[] = [];
    [10, 70_000, 5, 2000].forEach((length, number) => {
      add(writes, bytesOf(length));
      writes.addCallbacks([noting(called, number)]);
    });
    add(writes, bytesOf(1));
    for (const callback of writes.discard()) callback();
    expect(called).toEqual([0, 1, 2, 3]);
    expect([writes.length, writes.cost, writes.shift()]).toEqual([0, 0, undefined]);
    expect([writes.discard(), writes.addCallbacks([none])]).toEqual([[], false]);
    add(writes, bytesOf(1));
    expect([writes.length, writes.cost]).toEqual([1, KIB + BLOCK_PRICE]);
  });
});
