import { expect, it } from 'vitest';
import { ownText } from '../../src/shared/own-text.ts';

it('ownText() returns the same text', () => {
  for (const text of ['', 'short', 'longer than twelve', 'größer als zwölf, 😀']) expect(ownText(text)).toBe(text);
});
