/** The same bytes in many chunkings: whole, byte by byte, and in two chunks, split at every offset or at 64 of them. */
export function chunkings(bytes: Buffer): Buffer[][] {
  const step = Math.max(1, Math.floor(bytes.length / 64));
  const all = [[bytes], bytes.length <= 5000 ? splitAt(bytes, 1) : splitAt(bytes, 997)];
  for (let cut = 1; cut < bytes.length; cut += step) all.push([bytes.subarray(0, cut), bytes.subarray(cut)]);
  return all;
}

export function splitAt(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
  return chunks;
}

/** Copies a chunk into new memory, because decoders own the chunks that they receive. */
export function own(chunk: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(chunk.length);
  copy.set(chunk);
  return copy;
}
