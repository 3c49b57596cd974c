// Not exported: V8 treats a constant of a module as a constant only if it is not.
const COLON = 0x3a;
const SPACE = 0x20;

/** No field name of the standard is longer. */
const LONGEST_NAME = 5;
const FIELD = /^(?:|data|event|id|retry)$/;

/**
 * The field of a line: COLON for a comment, or the first letter of the name D, E, I or R; 0 for an unknown field, which the
 * standard ignores. `parseLine()` of the parser compares faster, but calls this for lines that are too long.
 */
export function fieldOf(codes: Uint8Array | Uint16Array, start: number, end: number): number {
  const head = String.fromCharCode(...codes.subarray(start, Math.min(end, start + LONGEST_NAME + 1)));
  const name = head.split(':', 1)[0]!;
  if (!FIELD.test(name)) return 0;
  return codes[start]!;
}

/** Returns the start of the value of a field whose name ends at `nameEnd`; -1 if the name does not end there. */
export function startOfValue(codes: Uint8Array | Uint16Array, nameEnd: number, end: number): number {
  if (codes[nameEnd] === COLON) return codes[nameEnd + 1] === SPACE ? nameEnd + 2 : nameEnd + 1;
  return nameEnd === end ? end : -1;
}

export function hasNull(codes: Uint8Array | Uint16Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (codes[index] === 0) return true;
  }
  return false;
}
