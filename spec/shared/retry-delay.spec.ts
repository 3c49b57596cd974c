import { expect, it } from 'vitest';
import { retryDelay } from '../../src/shared/retry-delay.ts';

const times = { delay: 100, maxDelay: 5000 };

it.each([
  [1, 100],
  [2, 200],
  [6, 3200],
  [7, 5000],
  [5000, 5000],
])(
  'after %i failures, the next attempt follows after at most %i ms, and at least half of that',
  (failures, longest) => {
    expect(retryDelay(failures, times, 1)).toBe(longest);
    expect(retryDelay(failures, times, 0)).toBe(longest / 2);
    const delay = retryDelay(failures, times);
    expect(delay >= longest / 2 && delay <= longest).toBe(true);
  },
);
