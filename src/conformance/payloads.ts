/** What cases send: made by rule, so that every run sends the same. */

/** Text of so many bytes: letters, and every kind of code point, none of which is cut. */
export function textOf(length: number): Buffer {
  const pattern = Buffer.from('Hello-µ@ßöäüàá-UTF-8! 你好 😀 ');
  const text = Buffer.alloc(length, '*');
  for (let offset = 0; offset + pattern.length <= length; offset += pattern.length) pattern.copy(text, offset);
  return text;
}

/** Bytes of every value, in an order that does not repeat soon. */
export function bytesOf(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = 0x12345678;
  for (let index = 0; index < length; index++) {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
