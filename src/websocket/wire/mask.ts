/**
 * Masking, RFC 6455 §5.3: octet i of the payload is XORed with octet i modulo 4 of the masking key.
 * Masking and unmasking are the same operation.
 *
 * A masking key is a number here, its first octet the lowest: to turn it by eight bits makes the next octet the first.
 */

/** Below this many bytes it is quicker to go byte by byte than to make a view of words. */
const WORDS_FROM = 128;
const WORD_SIZE = 8;

/** The masking key, twice, in the machine's byte order. */
const word = new BigInt64Array(1);
const wordBytes = new Uint8Array(word.buffer);

/** The masking key whose four octets stand in `bytes` from `start` on. */
export function readMaskingKey(bytes: Uint8Array, start: number): number {
  return bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24);
}

/** The masking key as it is for what follows `count` bytes of a payload. */
export function rotateMaskingKey(maskingKey: number, count: number): number {
  const bits = (count & 3) << 3;
  return (maskingKey >>> bits) | (maskingKey << (32 - bits));
}

/**
 * Masks `chunk[start, end)` in place.
 *
 * @param maskingKey turned so that its first octet belongs to the byte at `start`
 */
export function mask(chunk: Uint8Array, start: number, end: number, maskingKey: number): void {
  if (end - start < WORDS_FROM) return maskBytes(chunk, start, end, maskingKey);
  // Words need an address that is a multiple of their size: the bytes before it and behind the last one go one by one.
  const wordsStart = start + (-(chunk.byteOffset + start) & (WORD_SIZE - 1));
  const wordCount = Math.floor((end - wordsStart) / WORD_SIZE);
  const wordsEnd = wordsStart + wordCount * WORD_SIZE;
  // It is the same for both: what is between them is a multiple of four.
  const turned = rotateMaskingKey(maskingKey, wordsStart - start);
  maskBytes(chunk, start, wordsStart, maskingKey);
  maskWords(new BigInt64Array(chunk.buffer, chunk.byteOffset + wordsStart, wordCount), turned);
  maskBytes(chunk, wordsEnd, end, turned);
}

function maskBytes(chunk: Uint8Array, start: number, end: number, maskingKey: number): void {
  const octet0 = maskingKey;
  const octet1 = maskingKey >>> 8;
  const octet2 = maskingKey >>> 16;
  const octet3 = maskingKey >>> 24;
  let offset = start;
  for (const last = end - 3; offset < last; offset += 4) {
    chunk[offset]! ^= octet0;
    chunk[offset + 1]! ^= octet1;
    chunk[offset + 2]! ^= octet2;
    chunk[offset + 3]! ^= octet3;
  }
  if (offset < end) chunk[offset]! ^= octet0;
  if (offset + 1 < end) chunk[offset + 1]! ^= octet1;
  if (offset + 2 < end) chunk[offset + 2]! ^= octet2;
}

/**
 * Measured (bench: mask): eight words of 64 bits a turn move twice as much as eight of 32, and four times as much as one a
 * turn. V8 makes no BigInt of them once the function is hot.
 */
function maskWords(words: BigInt64Array, maskingKey: number): void {
  for (let octet = 0; octet < WORD_SIZE; octet++) wordBytes[octet] = maskingKey >>> ((octet & 3) << 3);
  const key = word[0]!;
  let index = 0;
  for (const unrolled = words.length - 7; index < unrolled; index += 8) {
    words[index]! ^= key;
    words[index + 1]! ^= key;
    words[index + 2]! ^= key;
    words[index + 3]! ^= key;
    words[index + 4]! ^= key;
    words[index + 5]! ^= key;
    words[index + 6]! ^= key;
    words[index + 7]! ^= key;
  }
  for (; index < words.length; index++) words[index]! ^= key;
}
