/**
 * The price of memory that is kept for a peer. Limits count the memory that is really held, which can be a hundred times the
 * payload.
 */

/** Bytes: the price of each object that is kept, such as a Buffer with its place in a queue, or a closure. */
export const OBJECT_PRICE = 128;

/**
 * Bytes that V8 and the allocator need for memory of its own: an ArrayBuffer, its backing store, and the Buffer on it.
 * Measured with Node 20: 230 to 260 bytes.
 */
export const ALLOCATION_PRICE: number = 2 * OBJECT_PRICE;

/**
 * Returns bytes that may be kept: the same ones if they are at least half of the memory that they keep alive, or else a copy
 * in memory of its own. A small view of a large chunk, or of the pool that small Buffers share, keeps all of that alive.
 */
export function ownMemory(bytes: Uint8Array): Buffer {
  const { buffer, byteOffset, length } = bytes;
  if (holdsHalf(bytes)) return Buffer.from(buffer, byteOffset, length);
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(bytes);
  return copy;
}

/** The price of `ownMemory(bytes)`: all memory that it keeps alive, and the objects. */
export function memoryCost(bytes: Uint8Array): number {
  return (holdsHalf(bytes) ? bytes.buffer.byteLength : bytes.length) + ALLOCATION_PRICE;
}

function holdsHalf({ buffer, length }: Uint8Array): boolean {
  return length * 2 >= buffer.byteLength;
}
