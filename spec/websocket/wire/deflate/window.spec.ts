import { describe, expect, it } from 'vitest';
import { Window } from '../../../../src/websocket/wire/deflate/window.ts';

describe('Window', () => {
  it('holds the last bytes, however they are appended', () => {
    for (const size of [1, 8, 256, 4096]) {
      for (const step of [1, 3, 100, 300, 5000]) {
        const window = new Window(size);
        const all: number[] = [];
        for (let round = 0; round < 60; round++) {
          const chunk = Uint8Array.from({ length: step }, (_, index) => (round * 31 + index) & 0xff);
          all.push(...chunk);
          window.append(chunk);
          expect(Buffer.from(all.slice(-size)).equals(window.toBytes())).toBe(true);
          expect([window.length, window.total]).toEqual([Math.min(size, all.length), all.length]);
        }
      }
    }
  });

  it('takes no more memory than its bytes need', () => {
    const window = new Window(32_768);
    const capacities = [0, 1, 1023, 1, 1000, 30_000, 50_000].map((bytes) => {
      window.append(Buffer.alloc(bytes));
      return window.bytes.length;
    });
    expect(capacities).toEqual([0, 1024, 1024, 2048, 2048, 32_768, 32_768]);
  });

  it('makes independent copies', () => {
    const window = new Window(4);
    window.append(Uint8Array.of(1, 2, 3));
    const [copy, larger] = [window.copy(4), window.copy(8)];
    copy.append(Uint8Array.of(4, 5));
    larger.append(Uint8Array.of(4, 5));
    expect([window, copy, larger].map((each) => [...each.toBytes()])).toEqual([
      [1, 2, 3],
      [2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
  });
});
