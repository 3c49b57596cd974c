import type { Figure } from '../../compare/statistics.ts';

/** Three digits that count; counts and bytes as they are. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  if (value !== 0 && Math.abs(value) < 0.001) return value.toPrecision(1);
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** How far the rounds lie from the median at most, in percent of it; empty if nothing was measured twice. */
export function formatSpread({ value, low, high, rounds }: Figure): string {
  if (rounds === 1 || value === 0) return '';
  return `±${((100 * Math.max(high - value, value - low)) / Math.abs(value)).toFixed(0)}%`;
}
