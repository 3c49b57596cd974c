/** The result of `inflate()`, a simple DEFLATE decoder (RFC 1951) that tests compare zlib with. */
export interface Inflation {
  readonly output: Buffer;
  /** The longest distance of a reference in bytes; 0 without references. */
  readonly maxDistance: number;
}

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Maps each code, a string of bits, to its symbol. */
export type Code = ReadonlyMap<string, number>;

/** Assigns the codes (RFC 1951 §3.2.2). */
export function codeOf(lengths: readonly number[]): Code {
  const code = new Map<string, number>();
  let next = 0;
  for (let length = 1; length <= 15; length++) {
    lengths.forEach((own, symbol) => {
      if (own === length) code.set((next++).toString(2).padStart(length, '0'), symbol);
    });
    next <<= 1;
  }
  return code;
}

const FIXED_LITERALS = codeOf(Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)));
const FIXED_DISTANCES = codeOf(Array.from({ length: 30 }, () => 5));

/**
 * Decodes blocks until the input ends.
 *
 * @param window The output that precedes this input.
 */
export function inflate(input: Uint8Array, window: Uint8Array): Inflation {
  const output = [...window];
  let maxDistance = 0;
  let offset = 0;
  const bit = (): number => (input[offset >> 3]! >> (offset++ & 7)) & 1;
  const bits = (count: number): number => {
    let value = 0;
    for (let index = 0; index < count; index++) value |= bit() << index;
    return value;
  };
  const symbol = (code: Code): number => {
    for (let path = ''; path.length <= 15; ) {
      path += bit();
      const found = code.get(path);
      if (found !== undefined) return found;
    }
    throw new Error('The code is incomplete');
  };
  const dynamicCodes = (): [Code, Code] => {
    const [literals, distances, count] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const own = Array.from({ length: 19 }, () => 0);
    for (let index = 0; index < count; index++) own[CODE_LENGTH_ORDER[index]!] = bits(3);
    const code = codeOf(own);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const next = symbol(code);
      if (next < 16) lengths.push(next);
      else {
        const [value, repeat] =
          next === 16 ? [lengths.at(-1)!, 3 + bits(2)] : [0, next === 17 ? 3 + bits(3) : 11 + bits(7)];
        for (let index = 0; index < repeat; index++) lengths.push(value);
      }
    }
    return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals))];
  };
  while (offset + 3 <= input.length * 8) {
    bit();
    const type = bits(2);
    if (type === 0) {
      offset = (offset + 7) & ~7;
      const length = bits(16);
      bits(16);
      for (let index = 0; index < length; index++) output.push(bits(8));
      continue;
    }
    const [literals, distances] = type === 1 ? [FIXED_LITERALS, FIXED_DISTANCES] : dynamicCodes();
    for (let next = symbol(literals); next !== 256; next = symbol(literals)) {
      if (next < 256) {
        output.push(next);
        continue;
      }
      const length = LENGTH_BASE[next - 257]! + bits(LENGTH_EXTRA[next - 257]!);
      const distanceSymbol = symbol(distances);
      const distance = DISTANCE_BASE[distanceSymbol]! + bits(Math.max(0, (distanceSymbol >> 1) - 1));
      maxDistance = Math.max(maxDistance, distance);
      if (distance > output.length) throw new Error('A reference points before the window');
      for (let index = 0; index < length; index++) output.push(output[output.length - distance]!);
    }
  }
  return { output: Buffer.from(output.slice(window.length)), maxDistance };
}
