import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { ALLOCATION_PRICE, memoryCost, OBJECT_PRICE, ownMemory } from '../../shared/memory-price.ts';

/** Shorter pieces are copied: the objects of a view take as much memory. */
const MIN_VIEW_BYTES = 1024;
const MIN_BLOCK_BYTES = 128;
/** Up to this size, blocks grow fourfold, and then twofold. */
const SMALL_BLOCK_BYTES = 512;
/** Blocks do not grow further, so that growing copies little, and at most this much is unused. */
const MAX_BLOCK_BYTES = 64 * 1024;
/** For fewer bytes, a loop is faster than a view. */
const SET_FROM = 96;

/** A block that is free again, for the next message in small fragments of any connection. */
let spareBlock: Uint8Array | null = null;

/**
 * Received bytes that have to wait. They are held in about as much memory as they have bytes, however small the pieces are
 * in which they arrive: a piece is kept as it is if it is at least half of the memory it keeps alive; all others are copied
 * into blocks that grow.
 */
export class HeldBytes {
  /** Complete pieces: views, and full blocks. */
  #pieces: CompactingQueue<Uint8Array> | null = null;
  /** Follows the pieces. Its first `#blockBytes` bytes are in use. */
  #block: Uint8Array | null = null;
  #blockBytes = 0;
  #length = 0;
  #cost = 2 * OBJECT_PRICE;

  /** The number of bytes. */
  get length(): number {
    return this.#length;
  }

  /** The memory that they take, with the price of each object. */
  get cost(): number {
    return this.#cost;
  }

  /** Adds `chunk[start, end)`, which must not change any more. At most `expected` bytes follow, if that is known. */
  add(chunk: Uint8Array, start: number, end: number, expected: number = Number.POSITIVE_INFINITY): void {
    const length = end - start;
    this.#length += length;
    if (length >= MIN_VIEW_BYTES && length * 2 >= chunk.buffer.byteLength) {
      this.#closeBlock();
      this.#addPiece(chunk.subarray(start, end));
    } else {
      this.#copy(chunk, start, end, expected);
    }
  }

  /** Removes and returns the first piece; undefined if there is none. */
  shift(): Uint8Array | undefined {
    if (this.#pieces === null || this.#pieces.length === 0) this.#closeBlock();
    const piece = this.#pieces?.shift();
    if (piece === undefined) return undefined;
    this.#length -= piece.length;
    this.#cost -= memoryCost(piece);
    return piece;
  }

  /** Returns memory that starts with all bytes, followed by `chunk[start, end)`. Nothing may be added afterwards. */
  join(chunk: Uint8Array, start: number, end: number): Uint8Array {
    const length = this.#length + end - start;
    const block = this.#block;
    const pieces = this.#pieces;
    if (pieces === null && block !== null && length <= block.length && length * 2 >= block.length) {
      copyBytes(chunk, start, end, block, this.#blockBytes);
      return block;
    }
    const whole = Buffer.allocUnsafe(length);
    let offset = 0;
    for (let piece = pieces?.shift(); piece !== undefined; piece = pieces!.shift()) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    if (block !== null) {
      copyBytes(block, 0, this.#blockBytes, whole, offset);
      offset += this.#blockBytes;
      if (block.length === MIN_BLOCK_BYTES) spareBlock = block;
    }
    copyBytes(chunk, start, end, whole, offset);
    return whole;
  }

  #addPiece(piece: Uint8Array): void {
    this.#pieces ??= new CompactingQueue();
    this.#pieces.push(piece);
    this.#cost += memoryCost(piece);
  }

  #copy(chunk: Uint8Array, start: number, end: number, expected: number): void {
    let offset = start;
    while (offset < end) {
      const room = this.#block === null ? 0 : this.#block.length - this.#blockBytes;
      if (room === 0) {
        this.#grow(end - offset, expected);
      } else {
        const copied = Math.min(room, end - offset);
        copyBytes(chunk, offset, offset + copied, this.#block!, this.#blockBytes);
        this.#blockBytes += copied;
        offset += copied;
      }
    }
  }

  /** Makes room for one byte or more: `needed` bytes have to be copied, and at most `expected` bytes follow. */
  #grow(needed: number, expected: number): void {
    const block = this.#block;
    const isFull = block !== null && block.length >= MAX_BLOCK_BYTES;
    if (isFull) this.#closeBlock();
    const used = this.#blockBytes;
    const factor = used <= SMALL_BLOCK_BYTES ? 4 : 2;
    const wanted = isFull ? MAX_BLOCK_BYTES : Math.max(MIN_BLOCK_BYTES, used * factor, used + needed);
    const larger = newBlock(Math.min(wanted, MAX_BLOCK_BYTES, used + needed + expected));
    if (used > 0) larger.set(block!.subarray(0, used));
    this.#cost += larger.length - (this.#block?.length ?? -ALLOCATION_PRICE);
    this.#block = larger;
  }

  /** Makes the block a piece. */
  #closeBlock(): void {
    const block = this.#block;
    if (block === null) return;
    this.#cost -= memoryCost(block);
    const bytes = block.subarray(0, this.#blockBytes);
    this.#block = null;
    this.#blockBytes = 0;
    this.#addPiece(ownMemory(bytes));
  }
}

function newBlock(size: number): Uint8Array {
  const spare = spareBlock;
  if (size !== MIN_BLOCK_BYTES || spare === null) return Buffer.allocUnsafeSlow(size);
  spareBlock = null;
  return spare;
}

function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, offset: number): void {
  if (end - start >= SET_FROM) {
    target.set(source.subarray(start, end), offset);
  } else {
    for (let index = start, to = offset; index < end; index++) target[to++] = source[index]!;
  }
}
