import type { ComparisonResult } from './compare.ts';
import type { Environment } from './environment.ts';
import { tableOf } from './table.ts';

/** Writes all results in Markdown. */
export function reportOf(results: readonly ComparisonResult[], environment: Environment, rounds: number): string {
  const { date, machine, node, commit, versions } = environment;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const head = `${date}, commit ${commit}, Node ${node}; ${machine}. Medians of ${rounds} rounds. ${packages.join(', ')}.`;
  return [head, ...results.map((result) => `### ${result.title}\n\n${tableOf(result)}`)].join('\n\n');
}
