import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

it('keeps no large chunk alive', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const kept = (): WeakRef<object> => {
    const chunk = Buffer.allocUnsafeSlow(1024 * 1024);
    bufferView(chunk, 0, 5);
    return new WeakRef(chunk.buffer);
  };
  const memory = kept();
  // A WeakRef keeps its target until the end of the turn.
  await new Promise((resolve) => setImmediate(resolve));
  gc();
  expect(memory.deref()).toBeUndefined();
});
