/** Control characters but for the tab and the line feed, of ASCII and of Latin-1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Text that a peer has sent, so that it can be shown: a terminal takes what follows an ESC for a command. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Bytes as they are looked at: in lines of sixteen, with the characters beside. */
export function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const line = Buffer.from(bytes.subarray(offset, offset + 16));
    const hex = [...line].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const characters = line.toString('latin1').replace(/[^ -~]/g, '.');
    lines.push(`${offset.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${characters}`);
  }
  return lines.join('\n');
}
