import { describe, expect, it } from 'vitest';
import { Utf8Validator } from '../../../src/websocket/wire/utf8.ts';
import { chunkings } from '../../support/chunkings.ts';

/** Feeds the pieces. Returns the offset of the byte that was rejected, if any, and whether the text was complete. */
function validate(pieces: readonly Buffer[]): 'valid' | 'unfinished' | 'invalid' {
  const validator = new Utf8Validator();
  for (const piece of pieces) if (!validator.accept(piece, 0, piece.length)) return 'invalid';
  return validator.complete ? 'valid' : 'unfinished';
}

const FILLER = Buffer.from('ein Stück Text, länger als das, was Byte für Byte geprüft wird, und mit Umlauten.');

const VALID: Record<string, string> = {
  'the first and last of one byte': '007f',
  'the first and last of two bytes': 'c280dfbf',
  'the first and last of three bytes': 'e0a080efbfbf',
  'the first and last of four bytes': 'f0908080f48fbfbf',
  'starts between the special ones': 'e18080f1808080f3bfbfbf',
  'the neighbours of the surrogates': 'ed9fbfee8080',
  'a noncharacter, which is valid': 'efbfbeefbfbff09fbfbf',
};

/** The last byte of each is the first one that makes it invalid, whatever follows. */
const INVALID: Record<string, string> = {
  'a lone continuation byte': '80',
  'the overlong start C0': 'c0',
  'the overlong start C1': 'c1',
  'a two-byte form without its second': 'c241',
  'a start where a continuation belongs': 'c3c3',
  'an overlong three-byte form': 'e09f',
  'a high surrogate': 'eda0',
  'a three-byte form cut': 'e18041',
  'an overlong four-byte form': 'f08f',
  'above U+10FFFF': 'f490',
  'the start F5': 'f5',
  FE: 'fe',
  FF: 'ff',
  'a four-byte form cut': 'f0908041',
};

describe('Utf8Validator', () => {
  for (const [title, hex] of Object.entries(VALID)) {
    it(`accepts ${title}, in any pieces`, () => {
      const sequence = Buffer.from(hex, 'hex');
      for (const bytes of [sequence, Buffer.concat([FILLER, sequence]), Buffer.concat([FILLER, sequence, FILLER])]) {
        for (const pieces of chunkings(bytes)) expect(validate(pieces)).toBe('valid');
      }
    });
  }

  for (const [title, hex] of Object.entries(INVALID)) {
    it(`rejects ${title} at its first invalid byte`, () => {
      const sequence = Buffer.from(hex, 'hex');
      for (const prefix of [Buffer.alloc(0), FILLER]) {
        const bytes = Buffer.concat([prefix, sequence]);
        for (const pieces of chunkings(bytes)) expect(validate(pieces)).toBe('invalid');
        expect(validate([bytes.subarray(0, -1)])).not.toBe('invalid');
        for (const pieces of chunkings(Buffer.concat([bytes, FILLER]))) expect(validate(pieces)).toBe('invalid');
      }
    });
  }

  it('distinguishes an incomplete code point from a complete one', () => {
    for (const hex of ['c3', 'e2', 'e282', 'f0', 'f09f', 'f09f98', 'e0', 'ed', 'f4']) {
      const sequence = Buffer.from(hex, 'hex');
      expect(validate([sequence])).toBe('unfinished');
      expect(validate([FILLER, FILLER, sequence])).toBe('unfinished');
      expect(validate([Buffer.concat([FILLER, sequence])])).toBe('unfinished');
    }
  });

  it('rejects continuation bytes without a start at the end of a long piece', () => {
    expect(validate([Buffer.concat([Buffer.alloc(100, 0x61), Buffer.from('808080', 'hex')])])).toBe('invalid');
  });

  it('reads nothing outside of its range', () => {
    const validator = new Utf8Validator();
    expect(validator.accept(Buffer.from('ff6162ff', 'hex'), 1, 3)).toBe(true);
    expect(validator.complete).toBe(true);
  });
});
