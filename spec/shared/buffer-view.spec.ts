import { expect, it } from 'vitest';
import { bufferView } from '../../src/shared/buffer-view.ts';

it('returns a Buffer over the same memory, for any Uint8Array', () => {
  const memory = new ArrayBuffer(64);
  const chunks = [
    Buffer.from(memory, 8, 32),
    new Uint8Array(memory, 3, 50),
    Buffer.from('in the pool'),
    Buffer.alloc(0),
  ];
  for (const chunk of [...chunks, ...chunks.reverse()]) {
    for (const [start, end] of [
      [0, chunk.length],
      [chunk.length >> 2, chunk.length >> 1],
      [chunk.length, chunk.length],
    ] as const) {
      const view = bufferView(chunk, start, end);
      expect(Buffer.isBuffer(view)).toBe(true);
      expect(view.buffer).toBe(chunk.buffer);
      expect([view.byteOffset, view.length]).toEqual([chunk.byteOffset + start, end - start]);
      expect(view.equals(chunk.subarray(start, end))).toBe(true);
    }
  }
});
