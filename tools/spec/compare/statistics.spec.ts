import { describe, expect, it } from 'vitest';
import { median, quantileOf, rateOf, summarize, tailOf } from '../../src/compare/statistics.ts';

describe('a figure', () => {
  it('contains the median of the rounds, the minimum and the maximum', () => {
    expect(summarize([10, 2, 9])).toEqual({ value: 9, low: 2, high: 10, rounds: 3 });
    expect(summarize([4])).toEqual({ value: 4, low: 4, high: 4, rounds: 1 });
  });
});

it('a rate spans the time from the first to the last event, in any order', () => {
  expect(rateOf([2000, 1000, 1500])).toBe(2);
});

describe('quantiles', () => {
  it('interpolate between two values', () => {
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantileOf([0, 10], 0.99)).toBeCloseTo(9.9);
    expect(quantileOf([7], 0.999)).toBe(7);
  });

  it('are omitted if no value is above them', () => {
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
    expect(Object.keys(tailOf(upTo(99)))).toEqual(['p50']);
    expect(tailOf(upTo(100))).toEqual({ p50: 49.5, p99: expect.closeTo(98.01) });
    expect(tailOf(upTo(1000))).toMatchObject({ 'p99.9': expect.closeTo(998.001) });
  });
});
