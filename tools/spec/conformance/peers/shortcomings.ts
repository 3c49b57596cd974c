import { selectCases } from '../../../src/conformance/selection.ts';
import type { Problem, Results } from './results.ts';

/** Something that agents do against a standard. Each was checked by hand: the octets on the wire, and the sentence. */
export interface Shortcoming {
  /** The names of the agents, such as `ws-server`. */
  readonly agents: readonly string[];
  /** Ids of cases or groups of them, such as `14.1.9` and `16.2`. */
  readonly cases: readonly string[];
  readonly does: string;
  /** The section, and the words of the sentence that decide. */
  readonly breaks: string;
}

export const SHORTCOMINGS: readonly Shortcoming[] = [];

/** What is FAILED in the results, and not in the list. */
export function uncheckedProblems(results: Results, list: readonly Shortcoming[]): (Problem & { agent: string })[] {
  return Object.entries(results).flatMap(([agent, { problems }]) => {
    const checked = list.filter(({ agents }) => agents.includes(agent)).flatMap(({ cases }) => cases);
    return problems.flatMap((problem) => {
      if (problem.verdict !== 'FAILED') return [];
      const all = problem.cases.map((id) => ({ id }));
      const left = checked.length === 0 ? all : selectCases(all, [], checked);
      return left.length === 0 ? [] : [{ ...problem, agent, cases: left.map(({ id }) => id) }];
    });
  });
}
