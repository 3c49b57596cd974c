/** The same bytes in many chunkings: whole, byte by byte, and cut in two at every position (at 64 positions if there are more). */
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

/** A copy with its own memory, as a socket provides: decoders own the chunks that they are given. */
export function own(chunk: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(chunk.length);
  copy.set(chunk);
  return copy;
}
