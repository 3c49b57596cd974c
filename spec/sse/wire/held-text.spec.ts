import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES, GrowingBuffer, HeldText } from '../../../src/sse/wire/held-text.ts';

const LONG = 'x'.repeat(BLOCK_BYTES);

function append(held: HeldText, text: string | Buffer): void {
  const bytes = Buffer.from(text);
  held.appendBytes(
    bytes,
    0,
    bytes.length,
    bytes.every((byte) => byte < 128),
  );
}

describe('A GrowingBuffer', () => {
  it('has memory of its own, grows, and keeps a small one for the next bytes', () => {
    const buffer = new GrowingBuffer();
    buffer.append(Buffer.from('-abc-'), 1, 4, true);
    const { bytes } = buffer;
    expect([bytes.toString('latin1', 0, buffer.length), bytes.buffer.byteLength, buffer.isAscii]).toEqual([
      'abc',
      256,
      true,
    ]);
    expect(buffer.appendText('ü')).toBe(2);
    expect([buffer.bytes.toString('utf8', 0, buffer.length), buffer.isAscii]).toEqual(['abcü', false]);
    buffer.clear();
    expect([buffer.bytes, buffer.length, buffer.isAscii]).toEqual([bytes, 0, true]);
    buffer.appendText('x'.repeat(100_000));
    buffer.clear();
    expect(buffer.bytes).toHaveLength(0);
  });
});

describe('A HeldText', () => {
  it('returns what was appended, in blocks or not', () => {
    for (const parts of [[], ['a'], ['ü', 'b'], [LONG], [LONG, 'b'], [`ü${LONG}`, LONG, 'ü'], [LONG, `ü${LONG}`]]) {
      const held = new HeldText();
      for (const part of parts) append(held, part);
      const bytes = Buffer.byteLength(parts.join(''));
      expect(held.size).toBe(bytes);
      expect(held.take()).toBe(parts.join(''));
      expect(held.size).toBe(bytes);
      held.clear();
      expect(held.size).toBe(0);
      for (const part of parts) held.appendText(part);
      expect(held.take()).toBe(parts.join(''));
    }
  });

  it('decodes sequences over the end of a block, and counts an invalid one as U+FFFD', () => {
    const held = new HeldText();
    append(held, Buffer.concat([Buffer.from(LONG), Buffer.of(0xe2)]));
    append(held, Buffer.of(0x82, 0xac, 0xe2));
    expect(held.take()).toBe(`${LONG}€\uFFFD`);
    expect(held.size).toBe(LONG.length + 6);
  });

  it('keeps a block without a copy, and counts all of its memory', () => {
    const held = new HeldText();
    append(held, 'a');
    const before = held.heldBytes;
    held.appendBlock('', true);
    held.appendBlock('b'.repeat(1000), true);
    held.appendBlock('ü'.repeat(1000), false);
    expect(held.heldBytes - before).toBeGreaterThan(3000);
    expect(held.take()).toBe(`a${'b'.repeat(1000)}${'ü'.repeat(1000)}`);
  });
});
