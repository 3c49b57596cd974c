/** A value that was measured in several rounds, each in new processes. */
export interface Figure {
  /** The median of the rounds. */
  readonly value: number;
  /**
   * The lowest and the highest round. Two processes of the same program differ more than two messages of one process, so
   * this is the relevant spread. With five rounds, it contains the true median with a probability of 94 %.
   */
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

/** @param values one per round; at least one */
export function summarize(values: readonly number[]): Figure {
  const sorted = values.toSorted(ascending);
  return { value: quantileOf(sorted, 0.5), low: sorted[0]!, high: sorted.at(-1)!, rounds: values.length };
}

export function median(values: readonly number[]): number {
  return quantileOf(values.toSorted(ascending), 0.5);
}

/** The quantile, with linear interpolation between two values. @param sorted at least one value, in ascending order */
export function quantileOf(sorted: readonly number[], fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const index = Math.floor(position);
  const lower = sorted[index]!;
  return lower + (position - index) * ((sorted[index + 1] ?? lower) - lower);
}

/** The usual quantiles. p99 needs at least 100 values, and p99.9 at least 1,000. @param values at least one */
export function tailOf(values: readonly number[]): Partial<Record<'p50' | 'p99' | 'p99.9', number>> {
  const sorted = values.toSorted(ascending);
  const fractions = { p50: 0.5, p99: 0.99, 'p99.9': 0.999 };
  // 0.999 instead of 1 tolerates rounding errors of the product.
  const known = Object.entries(fractions).filter(
    ([, fraction]) => fraction === 0.5 || sorted.length * (1 - fraction) >= 0.999,
  );
  return Object.fromEntries(known.map(([name, fraction]) => [name, quantileOf(sorted, fraction)]));
}

function ascending(one: number, other: number): number {
  return one - other;
}

/** The rate per second, from the times of the events in milliseconds. @param times at least two */
export function rateOf(times: readonly number[]): number {
  const sorted = times.toSorted(ascending);
  return ((sorted.length - 1) * 1000) / (sorted.at(-1)! - sorted[0]!);
}
