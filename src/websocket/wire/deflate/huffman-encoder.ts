import { MAX_CODE_BITS } from './alphabets.ts';

/** A Huffman code for encoding. */
export interface HuffmanCode {
  /** The length of the code of each symbol in bits; 0 for symbols that do not occur. */
  readonly lengths: Uint8Array;
  /** The code of each symbol, with its bits in the order in which they are written: the first one is the lowest. */
  readonly codes: Uint16Array;
}

/** Returns the code with the given lengths (RFC 1951 §3.2.2). */
export function codeFromLengths(lengths: Uint8Array): HuffmanCode {
  const codes = new Uint16Array(lengths.length);
  assignCodes(lengths, codes);
  return { lengths, codes };
}

const counts = /* @__PURE__ */ new Uint16Array(MAX_CODE_BITS + 1);
const nextCodes = /* @__PURE__ */ new Uint16Array(MAX_CODE_BITS + 2);

/** Sets the codes that follow from the lengths: shorter codes first, and those of a length in the order of the alphabet. */
export function assignCodes(lengths: Uint8Array, codes: Uint16Array): void {
  counts.fill(0);
  for (let symbol = 0; symbol < lengths.length; symbol++) counts[lengths[symbol]!]!++;
  counts[0] = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    nextCodes[length] = (nextCodes[length - 1]! + counts[length - 1]!) << 1;
  }
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length > 0) codes[symbol] = reverseBits(nextCodes[length]!++, length);
  }
}

const REVERSED_BYTES = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >>> bit) & 1) << (7 - bit);
  return reversed;
});

/** Returns the lowest `count` bits in reverse order; at most 16. */
function reverseBits(value: number, count: number): number {
  return ((REVERSED_BYTES[value & 0xff]! << 8) | REVERSED_BYTES[value >>> 8]!) >>> (16 - count);
}

/** Finds the shortest codes for symbols of which some occur more often than others. */
export class CodeLengthBuilder {
  /** The frequency of each symbol that occurs, above its number; sorted. */
  readonly #sorted: Uint32Array;
  /** The weights of the tree's nodes, then their parents, then their depths. */
  readonly #nodes: Uint32Array;

  /** @param symbols the size of the largest alphabet, at most 512 */
  constructor(symbols: number) {
    this.#sorted = new Uint32Array(symbols);
    this.#nodes = new Uint32Array(symbols);
  }

  /**
   * Sets the length of each symbol's code. If fewer than two symbols occur, their codes have one bit.
   *
   * @param maxBits the longest code that is allowed
   * @returns the bits of all symbols together, as often as they occur
   */
  build(frequencies: Uint16Array, lengths: Uint8Array, maxBits: number): number {
    lengths.fill(0);
    // If a code is too long, more even frequencies give a shorter one.
    for (let shift = 0; !this.#tryToBuild(frequencies, lengths, maxBits, shift); shift++);
    let bits = 0;
    for (let symbol = 0; symbol < lengths.length; symbol++) bits += frequencies[symbol]! * lengths[symbol]!;
    return bits;
  }

  #tryToBuild(frequencies: Uint16Array, lengths: Uint8Array, maxBits: number, shift: number): boolean {
    const all = this.#sorted;
    let count = 0;
    for (let symbol = 0; symbol < frequencies.length; symbol++) {
      const frequency = frequencies[symbol]!;
      if (frequency > 0) all[count++] = (Math.max(1, frequency >>> shift) << 9) | symbol;
    }
    if (count === 0) return true;
    if (count === 1) {
      lengths[all[0]! & 511] = 1;
      return true;
    }
    sort(all, count);
    const nodes = this.#nodes;
    for (let index = 0; index < count; index++) nodes[index] = all[index]! >>> 9;
    const depth = findDepths(nodes, count);
    if (depth > maxBits) return false;
    for (let index = 0; index < count; index++) lengths[all[index]! & 511] = nodes[index]!;
    return true;
  }
}

/** The gaps of a Shell sort, by M. Ciura. */
const GAPS = [57, 23, 10, 4, 1];

/** Sorts the first `count` numbers. For so few, it is faster than `TypedArray.prototype.sort()`. */
function sort(numbers: Uint32Array, count: number): void {
  for (const gap of GAPS) {
    for (let index = gap; index < count; index++) {
      const number = numbers[index]!;
      let place = index;
      for (; place >= gap && numbers[place - gap]! > number; place -= gap) numbers[place] = numbers[place - gap]!;
      numbers[place] = number;
    }
  }
}

/**
 * Turns weights, in ascending order, into the depths of the leaves of a Huffman tree, in place, and returns the largest one.
 * This is the method of A. Moffat and J. Katajainen, "In-place calculation of minimum-redundancy codes" (1995).
 */
function findDepths(nodes: Uint32Array, count: number): number {
  // Inner nodes are made from the two lightest ones of leaves and inner nodes. Each place holds a weight or a parent.
  let leaf = 0;
  let root = 0;
  for (let next = 0; next < count - 1; next++) {
    let weight = 0;
    for (let child = 0; child < 2; child++) {
      if (leaf >= count || (root < next && nodes[root]! < nodes[leaf]!)) {
        weight += nodes[root]!;
        nodes[root++] = next;
      } else {
        weight += nodes[leaf++]!;
      }
    }
    nodes[next] = weight;
  }
  // The depths of the inner nodes, from the root on.
  nodes[count - 2] = 0;
  for (let node = count - 3; node >= 0; node--) nodes[node] = nodes[nodes[node]!]! + 1;
  // The depths of the leaves: those places of each depth that inner nodes do not take.
  let available = 1;
  let depth = 0;
  let inner = count - 2;
  let place = count - 1;
  while (available > 0) {
    let used = 0;
    for (; inner >= 0 && nodes[inner] === depth; inner--) used++;
    for (; available > used; available--) nodes[place--] = depth;
    available = 2 * used;
    depth++;
  }
  return nodes[0]!;
}
