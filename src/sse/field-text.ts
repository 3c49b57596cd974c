import { isUtf8 } from 'node:buffer';

/** Text of a header field as node:http wants and gives it: each byte of UTF-8 as one character. */
export function encodeFieldText(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/**
 * The other way round. What is no valid UTF-8 is taken for Latin-1, as some send it: hardly any such text is valid UTF-8.
 */
export function decodeFieldText(field: string): string {
  const bytes = Buffer.from(field, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : field;
}
