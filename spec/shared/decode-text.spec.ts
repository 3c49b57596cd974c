import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/shared/decode-text.ts';
import { anyCharacter } from '../support/any-character.ts';

describe('decodeText', () => {
  it('returns what toString() returns, for valid and invalid UTF-8 of any length', () => {
    const part = fc.oneof(
      fc.constantFrom('a', 'ü', '漢', '😀', '\0', '\ufeff', '\u2028').map((text) => Buffer.from(text)),
      fc.string({ unit: anyCharacter }).map((text) => Buffer.from(text)),
      fc.constantFrom(0x80, 0xc3, 0xe2, 0xf0, 0xff).map((byte) => Buffer.of(byte)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.constantFrom(1, 100, 3_000), (parts, times) => {
        const bytes = Buffer.concat(Array.from({ length: times }, () => parts).flat());
        expect(decodeText(bytes)).toBe(bytes.toString());
      }),
    );
  });
});
