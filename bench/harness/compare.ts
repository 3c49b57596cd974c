import { max, median, min } from 'simple-statistics';

/** What takes part in a comparison. */
export interface Contender {
  readonly name: string;
  /** One measurement, in the unit of the comparison. */
  readonly measure: () => Promise<number>;
}

export interface Comparison {
  readonly scene: string;
  readonly title: string;
  /** As `messages/s`. */
  readonly unit: string;
  readonly isHigherBetter: boolean;
  /** Against whom ratios are told: the limit first. */
  readonly against: readonly string[];
}

export interface ContenderResult {
  readonly name: string;
  readonly samples: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface ComparisonResult extends Comparison {
  readonly contenders: readonly ContenderResult[];
}

/** How long a run takes. */
export interface Effort {
  readonly rounds: number;
  /** Of one measurement of a load. */
  readonly seconds: number;
  readonly isQuick: boolean;
}

/** Measures all contenders in each round, each time in another order, so that what changes with time meets all. */
export async function compare(
  comparison: Comparison,
  contenders: readonly Contender[],
  { rounds }: Effort,
): Promise<ComparisonResult> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure } of rotated(contenders, round)) samples.get(name)!.push(await measure());
  }
  return resultOf(comparison, samples);
}

/** Another order for each round. */
export function rotated<Item>(items: readonly Item[], round: number): Item[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

export function resultOf(comparison: Comparison, samples: ReadonlyMap<string, number[]>): ComparisonResult {
  const contenders = [...samples].map(([name, values]): ContenderResult => {
    return { name, samples: values, median: median(values), min: min(values), max: max(values) };
  });
  return { ...comparison, contenders };
}

/**
 * How many times as good as another one it is; undefined if that one was not measured. It is the median of the ratios in
 * each round: what was measured at the same time is compared, so that a machine that is slower in one round changes nothing.
 */
export function ratio(
  { contenders, isHigherBetter }: ComparisonResult,
  name: string,
  other: string,
): number | undefined {
  const [one, two] = [name, other].map((wanted) => contenders.find((contender) => contender.name === wanted)?.samples);
  if (one === undefined || two === undefined) return undefined;
  return median(one.map((value, round) => (isHigherBetter ? value / two[round]! : two[round]! / value)));
}
