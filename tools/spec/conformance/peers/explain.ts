import { selectCases } from '../../../src/conformance/selection.ts';
import { compareIds, type Results } from './results.ts';
import type { Shortcoming } from './shortcomings/shortcoming.ts';

/** A row of the list, and the agents and cases of the results that it explains. */
export interface Explained {
  readonly row: Shortcoming;
  readonly agents: readonly string[];
  readonly cases: readonly string[];
}

/** Finds the first row for each failed case. `unexplained` has what no row fits, such as `ws-server 14.1.9`. */
export function explain(
  results: Results,
  list: readonly Shortcoming[],
): { readonly explained: readonly Explained[]; readonly unexplained: readonly string[] } {
  const found = new Map(list.map((row) => [row, { agents: new Set<string>(), cases: new Set<string>() }]));
  const unexplained: string[] = [];
  for (const [agent, { problems }] of Object.entries(results)) {
    const failed = problems.filter(({ verdict }) => verdict === 'FAILED').flatMap(({ cases }) => cases);
    for (const id of failed) {
      const row = list.find(
        ({ agents, cases }) => agents?.includes(agent) !== false && selectCases([{ id }], cases, []).length > 0,
      );
      if (row === undefined) unexplained.push(`${agent} ${id}`);
      else {
        found.get(row)!.agents.add(agent);
        found.get(row)!.cases.add(id);
      }
    }
  }
  const explained = [...found].map(([row, { agents, cases }]) => ({
    row,
    agents: [...agents].sort(),
    cases: [...cases].sort(compareIds),
  }));
  return { explained, unexplained };
}
