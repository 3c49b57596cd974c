import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../spec/support/any-character.ts';
import { jsonLine, printable, printableLine } from '../../src/terminal/printable.ts';

/** Matches the characters that a terminal interprets, except tab and line feed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const DANGEROUS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe('printable text', () => {
  it.each([
    ['ESC, which starts a terminal command', '\x1b[2J', '\\x1b[2J'],
    ['a C1 control character', '\x9b2J', '\\x9b2J'],
    ['BEL and CR', 'a\x07\rb', 'a\\x07\\x0db'],
    ['DEL', 'a\x7f', 'a\\x7f'],
    ['characters that set the text direction', 'a\u202eb\u2066', 'a\\u202eb\\u2066'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['noncharacters', 'a\ufffe\uffff', 'a\\ufffe\\uffff'],
    ['lines and tabs', 'a\tb\nc', 'a\tb\nc'],
    ['other scripts', 'grüße 你好 😀', 'grüße 你好 😀'],
  ])('escapes only what a terminal interprets: %s', (_, text, printed) => {
    expect(printable(text)).toBe(printed);
  });

  it('contains no control character as text, as one line, or as JSON, and the JSON keeps its value', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        expect(printable(text)).not.toMatch(DANGEROUS);
        expect(printableLine(text)).not.toMatch(/[\t\n]/);
        const line = jsonLine({ text });
        expect(line.slice(0, -1)).not.toMatch(DANGEROUS);
        expect(line).toMatch(/^[^\n]*\n$/);
        expect(JSON.parse(line)).toEqual({ text });
      }),
    );
  });
});
