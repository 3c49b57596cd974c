import { isUtf8 } from 'node:buffer';

/** The octets of a payload that are shown. */
const MAX_SHOWN = 64;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A payload in words: quoted if it is text, such as `"Hello"`, or else in hexadecimal. Long ones are cut off at `max` octets. */
export function payloadText(payload: Uint8Array, max: number = MAX_SHOWN): string {
  if (payload.length === 0) return '';
  const isCut = payload.length > max;
  const shown = isCut ? payload.subarray(0, lastBoundary(payload, max)) : payload;
  const text = textOf(shown);
  if (text !== null) return JSON.stringify(text) + (isCut ? '…' : '');
  return Buffer.from(payload.subarray(0, max)).toString('hex') + (isCut ? '…' : '');
}

/** Text without control characters, which say more in hexadecimal; null for any other octets. */
function textOf(octets: Uint8Array): string | null {
  // A decoder would throw, which takes long for a log of compressed frames.
  if (!isUtf8(octets)) return null;
  const text = decoder.decode(octets);
  return /[^\P{Cc}\n\t]/u.test(text) ? null : text;
}

/** The last position up to `max` that is not within a code point, if the octets are UTF-8. */
function lastBoundary(octets: Uint8Array, max: number): number {
  let position = max;
  while (position > max - 4 && position > 0 && (octets[position]! & 0xc0) === 0x80) position--;
  return position;
}

/** A number of bytes in words. */
export function byteCount(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
