import { isUtf8 } from 'node:buffer';

/** The characters that node:http rejects in a header value: control characters except the tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches control characters
const CONTROL_CHARACTERS = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * Encodes text as UTF-8 for a header value. In node:http, each character of a header value is one byte. Returns null for
 * text with control characters, which a header value cannot contain.
 */
export function encodeHeaderText(text: string): string | null {
  return CONTROL_CHARACTERS.test(text) ? null : Buffer.from(text).toString('latin1');
}

/**
 * Decodes a header value of node:http as UTF-8. A value that is not valid UTF-8 is read as Latin-1, which some peers send;
 * hardly any Latin-1 text is valid UTF-8 by chance.
 */
export function decodeHeaderText(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
}
