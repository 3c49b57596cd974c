/**
 * The control characters of ASCII and Latin-1, except tab and line feed; and those of Unicode that separate lines or change the
 * direction of text, so that it reads as something else.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Makes text from a peer safe to print: a terminal would interpret control characters, such as ESC, as commands. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** JSON on one line, without characters that a terminal would interpret. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${json.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

/** As `printable()`, for text that must stay on one line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}
