import { CompactingQueue } from './compacting-queue.ts';
import { ALLOCATION_PRICE, memoryCost, OBJECT_PRICE, ownMemory } from './memory-price.ts';

/** Fewer bytes are always copied: a copy takes less memory than the objects that keep them. */
const JOIN_BELOW = 1024;

/** The sizes of blocks in bytes: each is twice as large as the one before, up to the largest. */
const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 64 * 1024;

/** Called when bytes have been written, or with the error that prevented it. */
export type WriteCallback = (error?: Error) => void;

/** Bytes to be written with one call. */
export class Block {
  /** The memory, of which the first `length` bytes are used. */
  memory: Buffer;
  length: number;
  /** The memory that the block takes, in bytes. */
  cost: number;
  /** How many of the bytes do not count, as `JoinedWrites.add()` received it. */
  overhead = 0;
  callbacks: WriteCallback[] | null = null;

  constructor(memory: Buffer, length: number, cost: number) {
    this.memory = memory;
    this.length = length;
    this.cost = cost;
  }

  /** A block with a copy of the bytes, or with the bytes themselves if they are at least half of what they keep alive. */
  static of(bytes: Uint8Array): Block {
    return new Block(ownMemory(bytes), bytes.length, memoryCost(bytes) + OBJECT_PRICE);
  }

  get bytes(): Buffer {
    return this.length === this.memory.length ? this.memory : this.memory.subarray(0, this.length);
  }

  /** Copies another block, for which there must be room. */
  append(block: Block): void {
    this.memory.set(block.bytes, this.length);
    this.length += block.length;
    this.overhead += block.overhead;
    if (block.callbacks !== null) this.addCallbacks(block.callbacks);
  }

  /** Adds callbacks; returns their cost. */
  addCallbacks(callbacks: readonly WriteCallback[]): number {
    this.callbacks ??= [];
    for (const callback of callbacks) this.callbacks.push(callback);
    const cost = callbacks.length * OBJECT_PRICE;
    this.cost += cost;
    return cost;
  }
}

/**
 * Bytes that wait for a stream whose reader is slow, first in, first out. Small pieces are copied into blocks, so that they
 * take about as much memory as their bytes, and leave in few writes. A stream would keep an object or two for each.
 */
export class JoinedWrites {
  readonly #blocks = new CompactingQueue<Block>();
  /** The last block while it has room; null if there is none. */
  #open: Block | null = null;
  /** The size of the next block. */
  #blockBytes = SMALLEST_BLOCK;
  #length = 0;
  #overhead = 0;
  #cost = 0;

  /** The number of bytes. */
  get length(): number {
    return this.#length;
  }

  /** How many of the bytes do not count. */
  get overhead(): number {
    return this.#overhead;
  }

  /** The memory of the bytes: whole blocks, and the price of objects. In bytes. */
  get cost(): number {
    return this.#cost;
  }

  /**
   * Adds `chunk[start, end)`. Returns true if the bytes were copied, so that their memory may be reused; false if not.
   *
   * @param overhead how many of the bytes do not count for the caller. Blocks that share the chunk share them, too
   */
  add(chunk: Uint8Array, start: number, end: number, overhead: number): boolean {
    const length = end - start;
    this.#length += length;
    this.#overhead += overhead;
    if (length >= JOIN_BELOW && length * 2 >= chunk.buffer.byteLength) {
      this.#closeBlock();
      const block = Block.of(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
      block.overhead = overhead;
      this.#push(block);
      return false;
    }
    let overheadLeft = overhead;
    for (let offset = start; offset < end; ) {
      const block = this.#open ?? this.#openBlock(end - offset);
      const count = Math.min(end - offset, block.memory.length - block.length);
      const piece = count === chunk.length ? chunk : chunk.subarray(offset, offset + count);
      block.memory.set(piece, block.length);
      block.length += count;
      const share = Math.round((overheadLeft * count) / (end - offset));
      block.overhead += share;
      overheadLeft -= share;
      offset += count;
      if (block.length === block.memory.length) this.#open = null;
    }
    return true;
  }

  /** Adds callbacks for the bytes that were added last. Returns false if there are none: `shift()` has returned them. */
  addCallbacks(callbacks: readonly WriteCallback[]): boolean {
    const last = this.#blocks.at(this.#blocks.length - 1);
    if (last === undefined) return false;
    this.#cost += last.addCallbacks(callbacks);
    return true;
  }

  /** Removes and returns the oldest bytes, joined with those that follow up to the size of a block. */
  shift(): Block | undefined {
    const first = this.#shiftBlock();
    if (first === undefined) return undefined;
    let total = first.length;
    let count = 0;
    for (let next = this.#blocks.at(0); next !== undefined; next = this.#blocks.at(count)) {
      if (total + next.length > LARGEST_BLOCK) break;
      total += next.length;
      count++;
    }
    if (count === 0) return first;
    const joined = emptyBlock(total);
    joined.append(first);
    while (count-- > 0) joined.append(this.#shiftBlock()!);
    return joined;
  }

  /** Removes all bytes, and returns their callbacks. */
  discard(): WriteCallback[] {
    const callbacks: WriteCallback[] = [];
    for (let block = this.#blocks.shift(); block !== undefined; block = this.#blocks.shift()) {
      for (const callback of block.callbacks ?? []) callbacks.push(callback);
    }
    this.#open = null;
    this.#blockBytes = SMALLEST_BLOCK;
    this.#length = 0;
    this.#overhead = 0;
    this.#cost = 0;
    return callbacks;
  }

  #shiftBlock(): Block | undefined {
    const block = this.#blocks.shift();
    if (block === undefined) return undefined;
    if (this.#blocks.length === 0) {
      this.#open = null;
      this.#blockBytes = SMALLEST_BLOCK;
    }
    this.#length -= block.length;
    this.#overhead -= block.overhead;
    this.#cost -= block.cost;
    return block;
  }

  #openBlock(needed: number): Block {
    const bytes = Math.min(LARGEST_BLOCK, Math.max(this.#blockBytes, needed));
    this.#blockBytes = Math.min(LARGEST_BLOCK, bytes * 2);
    const block = emptyBlock(bytes);
    this.#open = block;
    this.#push(block);
    return block;
  }

  /** Nothing more is added to the last block. Its free memory is released if that is more than half. */
  #closeBlock(): void {
    const block = this.#open;
    if (block === null) return;
    this.#open = null;
    this.#blockBytes = SMALLEST_BLOCK;
    if (block.length * 2 >= block.memory.length) return;
    const saved = block.memory.length - block.length;
    block.memory = ownMemory(block.bytes);
    block.cost -= saved;
    this.#cost -= saved;
  }

  #push(block: Block): void {
    this.#blocks.push(block);
    this.#cost += block.cost;
  }
}

function emptyBlock(bytes: number): Block {
  return new Block(Buffer.allocUnsafeSlow(bytes), 0, bytes + ALLOCATION_PRICE + OBJECT_PRICE);
}
