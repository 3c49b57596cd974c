/** The control characters of ASCII and Latin-1, except tab and line feed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Makes text from a peer safe to print: a terminal would interpret control characters, such as ESC, as commands. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
