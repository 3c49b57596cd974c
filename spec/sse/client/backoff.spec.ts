import { expect, it } from 'vitest';
import { reconnectionDelay } from '../../../src/sse/client/backoff.ts';

const BACKOFF = { maxDelay: 10_000, jitter: 0.25 };
const delays = (reconnectionTime: number, random = 0): number[] =>
  [1, 2, 3, 4, 5, 60].map((attempt) => reconnectionDelay(attempt, reconnectionTime, BACKOFF, random));

it('is the reconnection time at first, and doubles with each failed attempt, up to the limit', () => {
  expect(delays(1000)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
});

it('grows from 100 ms if the reconnection time is 0, and is never below the reconnection time', () => {
  expect(delays(0)).toEqual([0, 200, 400, 800, 1600, 10_000]);
  expect(delays(20_000)).toEqual(Array(6).fill(20_000));
});

it('is randomly longer, so that clients do not reconnect at the same time, and fits a timer', () => {
  expect(delays(1000, 1)).toEqual([1250, 2500, 5000, 10_000, 12_500, 12_500]);
  expect(reconnectionDelay(1, Number.MAX_SAFE_INTEGER, BACKOFF, 1)).toBe(2 ** 31 - 1);
});
