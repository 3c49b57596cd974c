import { describe, expect, it } from 'vitest';
import { copyBytes, endOfFirstLine, endOfLastLine } from '../../../src/sse/wire/line-ends.ts';

/** Line ends are found by a loop in short input, and by native methods in long input. */
const PADDINGS = ['', 'x', 'x'.repeat(127), 'x'.repeat(128), 'x'.repeat(129), 'x'.repeat(1000)];

describe('endOfFirstLine', () => {
  it.each(PADDINGS.map((padding) => [padding.length, padding]))('finds the line end after %i bytes', (_, padding) => {
    for (const [text, length] of [
      ['\n', 1],
      ['\r', 1],
      ['\r\n', 2],
      ['\n\r', 1],
      ['\r\r', 1],
      ['\nx\r', 1],
      ['\rx\n', 1],
    ] as const) {
      const bytes = Buffer.from(`\n${padding}${text}`);
      expect(endOfFirstLine(bytes, 1)).toBe(1 + (padding as string).length + length);
    }
  });

  it('returns 0 if there is no line end', () => {
    for (const padding of PADDINGS) expect(endOfFirstLine(Buffer.from(`\n${padding}`), 1)).toBe(0);
  });
});

describe('endOfLastLine', () => {
  it('finds the last line end, however far from the end of the bytes', () => {
    for (const padding of PADDINGS) {
      for (const text of ['\n', '\r', '\r\n', 'a\nb\r', 'a\rb\n']) {
        expect(endOfLastLine(Buffer.from(`${text}${padding}`))).toBe(text.length);
        expect(endOfLastLine(Buffer.from(`${padding}${text}`))).toBe(padding.length + text.length);
      }
    }
  });

  it('returns 0 if there is no line end', () => {
    for (const padding of PADDINGS) expect(endOfLastLine(Buffer.from(padding))).toBe(0);
  });
});

describe('copyBytes', () => {
  it('copies a part of a buffer of any length into another buffer', () => {
    for (const length of [0, 1, 128, 129, 1000]) {
      const source = Buffer.from(Array.from({ length: length + 10 }, (_, index) => index % 251));
      const target = Buffer.alloc(length + 20);
      copyBytes(source, 3, 3 + length, target, 5);
      expect(target).toEqual(Buffer.concat([Buffer.alloc(5), source.subarray(3, 3 + length), Buffer.alloc(15)]));
    }
  });
});
