/**
 * Control characters, except tab and line feed; characters that separate lines or change the direction of text, so that it reads
 * as something else; and those that mean nothing in a text, which XML does not allow.
 */
const CONTROLS = /[\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff\ufff9-\ufffb\ufffe\uffff]|(?![\t\n])\p{Cc}/gu;

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
