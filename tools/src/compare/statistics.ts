/** What was measured in several rounds, each in fresh processes. */
export interface Figure {
  /** The median of the rounds. */
  readonly value: number;
  /**
   * The lowest and the highest of them. Two processes of one program differ more than two messages of one process do, so
   * this is the spread that counts; of five rounds, it holds the true median with a probability of 94 %.
   */
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

/** @param values one of each round; at least one */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted(ascending);
  return { value: quantileOf(sorted, 0.5), low: sorted[0]!, high: sorted.at(-1)!, rounds: values.length };
}

export function median(values: readonly number[]): number {
  return quantileOf(values.toSorted(ascending), 0.5);
}

/** @param sorted at least one */
export function quantileOf(sorted: readonly number[], part: number): number {
  const position = part * (sorted.length - 1);
  const index = Math.floor(position);
  const lower = sorted[index]!;
  return lower + (position - index) * ((sorted[index + 1] ?? lower) - lower);
}

/** The usual quantiles; one that no value would lie above is left out. At least one value. */
export function tailOf(values: readonly number[]): Partial<Record<'p50' | 'p99' | 'p99.9', number>> {
  const sorted = values.toSorted(ascending);
  const parts = { p50: 0.5, p99: 0.99, 'p99.9': 0.999 };
  const known = Object.entries(parts).filter(([, part]) => part === 0.5 || sorted.length * (1 - part) >= 0.999);
  return Object.fromEntries(known.map(([name, part]) => [name, quantileOf(sorted, part)]));
}

function ascending(one: number, other: number): number {
  return one - other;
}

/** How many a second, of those that came at these times, in milliseconds: at least two. */
export function rateOf(times: readonly number[]): number {
  const sorted = times.toSorted(ascending);
  return ((sorted.length - 1) * 1000) / (sorted.at(-1)! - sorted[0]!);
}
