const LF = 0x0a;
const CR = 0x0d;

/** Up to this many bytes, a loop takes less time than a call of a native method. */
const SHORT_SCAN = 128;

/** Returns the index after the first line end at or after `start`; 0 if there is none. */
export function endOfFirstLine(bytes: Buffer, start: number): number {
  const near = Math.min(bytes.length, start + SHORT_SCAN);
  let index = start;
  while (index < near && bytes[index] !== LF && bytes[index] !== CR) index++;
  if (index === near) {
    const ends = [bytes.indexOf(LF, near), bytes.indexOf(CR, near)].filter((end) => end !== -1);
    if (ends.length === 0) return 0;
    index = Math.min(...ends);
  }
  return bytes[index] === CR && index + 1 < bytes.length && bytes[index + 1] === LF ? index + 2 : index + 1;
}

/** Returns the index after the last line end; 0 if there is none. */
export function endOfLastLine(bytes: Buffer): number {
  const near = Math.max(0, bytes.length - SHORT_SCAN);
  for (let index = bytes.length - 1; index >= near; index--) {
    if (bytes[index] === LF || bytes[index] === CR) return index + 1;
  }
  return near === 0 ? 0 : Math.max(bytes.lastIndexOf(LF, near), bytes.lastIndexOf(CR, near)) + 1;
}

/** Copies `source` from `start` to `end` into `target` at `targetStart`. */
export function copyBytes(source: Buffer, start: number, end: number, target: Buffer, targetStart: number): void {
  if (end - start > SHORT_SCAN) {
    source.copy(target, targetStart, start, end);
    return;
  }
  const shift = targetStart - start;
  for (let index = start; index < end; index++) target[index + shift] = source[index]!;
}
