/** What a retained object counts, in bytes, beside the memory it refers to. */
export const OBJECT_PRICE = 128;

/**
 * Returns a piece that may be kept: the same view if it is at least half of the memory it keeps alive, otherwise a copy in
 * memory of its own. A view of a few bytes of a chunk of 64 KiB would keep the whole chunk.
 */
export function keepable(piece: Uint8Array): Uint8Array {
  if (piece.length * 2 >= piece.buffer.byteLength) return piece;
  // Not `Buffer.from()`: a small copy would be a view of the memory pool.
  const copy = Buffer.allocUnsafeSlow(piece.length);
  copy.set(piece);
  return copy;
}

/** What a kept piece costs, in bytes: all of the memory that it keeps alive, and the price of its object. */
export function costOf(piece: Uint8Array): number {
  return piece.buffer.byteLength + OBJECT_PRICE;
}
