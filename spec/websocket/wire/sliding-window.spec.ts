import { describe, expect, it } from 'vitest';
import { SlidingWindow } from '../../../src/websocket/wire/sliding-window.ts';

describe('SlidingWindow', () => {
  it('holds the last bytes, however they are appended', () => {
    for (const size of [1, 7, 256, 4096]) {
      for (const step of [1, 3, 100, 300, 5000]) {
        const window = new SlidingWindow(size);
        const all: number[] = [];
        for (let round = 0; round < 60; round++) {
          const chunk = Uint8Array.from({ length: step }, (_, index) => (round * 31 + index) & 0xff);
          all.push(...chunk);
          window.append(chunk);
          expect(Buffer.from(all.slice(-size)).equals(window.content)).toBe(true);
        }
      }
    }
  });

  it('makes independent copies', () => {
    const window = new SlidingWindow(4);
    window.append(Uint8Array.of(1, 2, 3));
    const copy = window.copy();
    copy.append(Uint8Array.of(4, 5));
    expect([[...window.content], [...copy.content]]).toEqual([
      [1, 2, 3],
      [2, 3, 4, 5],
    ]);
  });
});
