import { max, median, min } from 'simple-statistics';

/** A program that takes part in a comparison. */
export interface Contender {
  readonly name: string;
  /** Takes one measurement, in the unit of the comparison. */
  readonly measure: () => Promise<number>;
}

export interface Comparison {
  readonly scene: string;
  readonly title: string;
  /** For example `messages/s`. */
  readonly unit: string;
  readonly isHigherBetter: boolean;
  /** The contenders that the table shows a ratio to. The limit comes first. */
  readonly against: readonly string[];
}

export interface ContenderResult {
  readonly name: string;
  readonly samples: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The microseconds of the server's CPU time for each unit of work: the median of the rounds, if they were measured. */
  readonly cpuMicroseconds?: number;
}

export interface ComparisonResult extends Comparison {
  readonly contenders: readonly ContenderResult[];
}

/** How much a run measures. */
export interface Effort {
  readonly rounds: number;
  /** The duration of one measurement. */
  readonly seconds: number;
  readonly isQuick: boolean;
}

/** Measures all contenders in each round. The order changes, so that changes of the machine over time affect all of them. */
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

/** Rotates the items by the number of the round. */
export function rotated<Item>(items: readonly Item[], round: number): Item[] {
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

export function resultOf(
  comparison: Comparison,
  samples: ReadonlyMap<string, number[]>,
  cpuSamples: ReadonlyMap<string, number[]> = new Map(),
): ComparisonResult {
  const contenders = [...samples].map(([name, values]): ContenderResult => {
    const result = { name, samples: values, median: median(values), min: min(values), max: max(values) };
    const cpu = cpuSamples.get(name);
    return cpu === undefined ? result : { ...result, cpuMicroseconds: median(cpu) };
  });
  return { ...comparison, contenders };
}

/**
 * How many times as good `name` is as `other`; undefined if one of them was not measured. It is the median of the rounds'
 * ratios. Only measurements of the same round are compared, so a machine that is slower in one round does not matter.
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
