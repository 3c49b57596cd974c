import { headerLength } from '../load/frames.ts';
import { type AgentDescription, onFreshServer } from './agents.ts';
import { type Comparison, type ComparisonResult, type Contender, compare, type Effort } from './compare.ts';
import { loadRate } from './load-rate.ts';

export interface EchoLoad {
  readonly connections: number;
  /** Bytes. */
  readonly payload: number;
  /** Messages in one write. */
  readonly batch: number;
}

const MASKING_KEY = 4;

/** Echo servers beside each other, under the same load. */
export function compareEchoes(
  comparison: Comparison,
  agents: readonly AgentDescription[],
  load: EchoLoad,
  effort: Effort,
): Promise<ComparisonResult> {
  const reply = load.payload + headerLength(load.payload);
  const sizes = { request: reply + MASKING_KEY, reply };
  const contenders = agents.map((description): Contender => {
    const measure = (): Promise<number> =>
      onFreshServer(description, sizes, (server) => loadRate('echo', server, { ...load, seconds: effort.seconds }));
    return { name: description.name, measure };
  });
  return compare(comparison, contenders, effort);
}
