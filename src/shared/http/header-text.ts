import { isUtf8 } from 'node:buffer';

/** What node:http refuses in a header field: control characters but for the tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL_CHARACTERS = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * Text of a header field as node:http wants and gives it: each byte of UTF-8 as one character. Null for text that it
 * cannot hold.
 */
export function encodeHeaderText(text: string): string | null {
  return CONTROL_CHARACTERS.test(text) ? null : Buffer.from(text).toString('latin1');
}

/**
 * The other way round. What is no valid UTF-8 is taken for Latin-1, as some send it: hardly any such text is valid UTF-8.
 */
export function decodeHeaderText(field: string): string {
  const bytes = Buffer.from(field, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : field;
}
