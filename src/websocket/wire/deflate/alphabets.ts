/** The alphabets of DEFLATE (RFC 1951 §3.2.5 to §3.2.7) and their codes. */

/** The literal/length symbol that ends a block. */
export const END_OF_BLOCK = 256;
/** The first literal/length symbol that stands for a length. */
export const FIRST_LENGTH_SYMBOL = 257;

/** The size of the literal/length alphabet. Symbols 286 and 287 take part in the fixed code, but never occur in a block. */
export const LITERAL_LENGTH_SYMBOLS = 286;
/** The fewest literal/length codes that a dynamic block describes. */
export const MIN_LITERAL_LENGTH_COUNT = 257;
export const FIXED_LITERAL_LENGTH_SYMBOLS = 288;
/** The size of the distance alphabet. Symbols 30 and 31 take part in the fixed code, but never occur in a block. */
export const DISTANCE_SYMBOLS = 30;
export const FIXED_DISTANCE_SYMBOLS = 32;

export const MIN_MATCH = 3;
export const MAX_MATCH = 258;

/** The longest code of the literal/length and the distance alphabet, in bits; that of the code length alphabet. */
export const MAX_CODE_BITS = 15;
export const MAX_CODE_LENGTH_CODE_BITS = 7;

/** §3.2.5: how many extra bits follow each symbol that stands for a length, and the shortest length of each. */
export const LENGTH_EXTRA_BITS: Uint8Array = /* @__PURE__ */ Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
export const LENGTH_BASES: Uint16Array = /* @__PURE__ */ Uint16Array.of(
  ...[
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ],
);

/** §3.2.5: how many extra bits follow each distance symbol, and the shortest distance of each. */
export const DISTANCE_EXTRA_BITS: Uint8Array = /* @__PURE__ */ Uint8Array.of(
  ...[0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13],
);
export const DISTANCE_BASES: Uint16Array = /* @__PURE__ */ Uint16Array.of(
  ...[1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073],
  ...[4097, 6145, 8193, 12289, 16385, 24577],
);

/** §3.2.7: the order in which a dynamic block states the lengths of the codes of the code length alphabet. */
export const CODE_LENGTH_ORDER: Uint8Array = /* @__PURE__ */ Uint8Array.of(
  ...[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15],
);

/** §3.2.6: the lengths of the fixed literal/length codes. */
export function fixedLiteralLengthCodeLengths(): Uint8Array {
  return new Uint8Array(FIXED_LITERAL_LENGTH_SYMBOLS).fill(8).fill(9, 144, 256).fill(7, 256, 280);
}

/** §3.2.6: the lengths of the fixed distance codes. */
export function fixedDistanceCodeLengths(): Uint8Array {
  return new Uint8Array(FIXED_DISTANCE_SYMBOLS).fill(5);
}

/**
 * RFC 7692 §7.2.1: the last bytes of an empty stored block. They are removed from the end of each message, because every
 * message would end with them.
 */
export const TAIL: Uint8Array = /* @__PURE__ */ Uint8Array.of(0x00, 0x00, 0xff, 0xff);
