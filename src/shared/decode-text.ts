import { isAscii, isUtf8, transcode } from 'node:buffer';

/** For fewer bytes, `toString()` is as fast. */
const LONG_TEXT_BYTES = 512;

/** The longest text in bytes that is transcoded: that takes as much memory again as the string. */
const MAX_TRANSCODED_BYTES = 2 ** 27;

/**
 * Decodes text that is likely to be valid UTF-8. Measured in Node 20 and 22: for long text, it takes a fifth of the time of
 * `toString()`, which keeps the event loop for 80 ms with 15 MiB.
 */
export function decodeText(bytes: Buffer): string {
  if (bytes.length < LONG_TEXT_BYTES || bytes.length > MAX_TRANSCODED_BYTES) return bytes.toString();
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? transcode(bytes, 'utf8', 'utf16le').toString('utf16le') : bytes.toString();
}
