import { headerLength } from '../load/frames.ts';
import type { AgentDescription } from './agents.ts';
import type { Comparison, ComparisonResult, Effort } from './compare.ts';
import { compareTurns, serverAndLoad } from './turns.ts';

export interface EchoLoad {
  readonly connections: number;
  /** Bytes of a message. */
  readonly payload: number;
  /** Messages in one write. */
  readonly batch: number;
}

const MASKING_KEY = 4;

/** Compares echo servers under the same load. */
export function compareEchoes(
  comparison: Comparison,
  agents: readonly AgentDescription[],
  load: EchoLoad,
  effort: Effort,
): Promise<ComparisonResult> {
  const reply = load.payload + headerLength(load.payload);
  const sizes = { request: reply + MASKING_KEY, reply };
  const contenders = agents.map((description) => {
    return { name: description.name, start: () => serverAndLoad(description, sizes, 'echo', load) };
  });
  return compareTurns(comparison, contenders, effort);
}
