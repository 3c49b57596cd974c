import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES } from '../../../src/sse/wire/held-text.ts';
import { LineKind, PartialLine } from '../../../src/sse/wire/partial-line.ts';

const LONG = 'x'.repeat(BLOCK_BYTES);
const { Buffered, Ignored, Long, TooLong } = LineKind;

function append(line: PartialLine, text: string, atStart = false): LineKind {
  const bytes = Buffer.from(text);
  return line.append(bytes, 0, bytes.length, false, atStart);
}

describe('A PartialLine', () => {
  it.each([
    ['data: x', false, Buffered],
    ['d', false, Buffered],
    ['junk', false, Buffered],
    [`junk${LONG}`, false, Ignored],
    [`:${'x'.repeat(2000)}`, false, Ignored],
    [`:${'x'.repeat(2000)}`, true, Buffered],
    [`data:${'x'.repeat(2000)}`, false, Buffered],
    [`data:${LONG}`, false, Long],
    [`:${LONG}`, true, Long],
    [`data:${LONG.repeat(4)}`, false, TooLong],
    [`:${LONG.repeat(4)}`, true, Ignored],
  ] as const)(
    'is kept, decoded in blocks, ignored or too long, in any chunking: case %#',
    (text, keepsComments, kind) => {
      const whole = new PartialLine(3 * BLOCK_BYTES, keepsComments);
      expect(append(whole, text)).toBe(kind);
      const pieces = new PartialLine(3 * BLOCK_BYTES, keepsComments);
      for (let start = 0; start < text.length; start += 100_000) append(pieces, text.slice(start, start + 100_000));
      expect([pieces.kind, pieces.length]).toEqual([whole.kind, whole.length]);
      if (kind === Ignored || kind === TooLong) expect(whole.heldBytes).toBeLessThanOrEqual(64 * 1024);
      whole.clear();
      expect([whole.kind, whole.length]).toEqual([Buffered, 0]);
    },
  );

  it('is not judged by its length before its name is known', () => {
    const line = new PartialLine(2, false);
    expect(append(line, 'data')).toBe(Buffered);
    expect(append(line, '-set-x')).toBe(Ignored);
    expect(append(line, 'more')).toBe(Ignored);
    line.clear();
    expect(append(line, 'data:')).toBe(TooLong);
  });

  it('may begin with a byte order mark, which is not counted', () => {
    const line = new PartialLine(6, false);
    expect(append(line, '\uFEFFdata:1', true)).toBe(Buffered);
    expect(append(line, '2', true)).toBe(TooLong);
    for (const other of [Buffer.of(0xef), Buffer.of(0xef, 0xbb), Buffer.from('x')]) {
      line.clear();
      const bytes = Buffer.concat([other, Buffer.from('data:12345')]);
      expect(line.append(bytes, 0, bytes.length, false, true)).toBe(Ignored);
    }
  });

  it('of a long field returns its value and its size', () => {
    const line = new PartialLine(3 * BLOCK_BYTES, true);
    append(line, `id: ${LONG}`);
    append(line, 'ü');
    expect(line.field).toBe('i'.charCodeAt(0));
    expect(line.heldBytes).toBeGreaterThan(BLOCK_BYTES);
    const bytes = LONG.length + 2;
    expect(line.endLong()).toEqual({ value: `${LONG}ü`, valueBytes: bytes, bytes: bytes + 4 });
  });

  it('returns its bytes with those that end it, and uses their memory again', () => {
    const line = new PartialLine(1000, true);
    append(line, 'data: ');
    const end = Buffer.from('x\n');
    const buffer = line.end(end, 0, 2, true);
    expect(buffer.bytes.toString('latin1', 0, buffer.length)).toBe('data: x\n');
    expect([line.length, line.heldBytes]).toEqual([0, 0]);
    line.reuse(buffer);
    expect(line.heldBytes).toBe(buffer.bytes.length);
    append(line, 'a');
    line.reuse(buffer);
    expect(line.length).toBe(1);
  });
});
