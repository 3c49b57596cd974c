import { overall, type ReportedCase, VERDICTS } from '../../../src/conformance/report.ts';
import { groupOf } from '../../../src/conformance/selection.ts';
import type { Verdict } from '../../../src/conformance/verdict.ts';
import type { Kind } from './peers.ts';

/** The results of all agents, as `results.json` keeps them. */
export interface Results {
  /** By name and kind, such as `ws-server`. */
  readonly [agent: string]: AgentSummary;
}

export interface AgentSummary {
  readonly name: string;
  readonly kind: Kind;
  readonly version: string;
  /** The day of the run. */
  readonly date: string;
  /** The cases that could not run within the time for one agent. */
  readonly notRun: number;
  /** The number of cases of each verdict, by group. */
  readonly counts: Readonly<Record<string, Partial<Record<Verdict, number>>>>;
  /** What is NON-STRICT or FAILED. */
  readonly problems: readonly Problem[];
}

/** What an agent does in some cases. */
export interface Problem {
  readonly verdict: Verdict;
  readonly cases: readonly string[];
  readonly text: string;
}

/** Counts the verdicts of an agent, and groups its problems by their texts. */
export function summarize(results: Readonly<Record<string, ReportedCase>>): Pick<AgentSummary, 'counts' | 'problems'> {
  const counts: Record<string, Partial<Record<Verdict, number>>> = {};
  const problems = new Map<string, { verdict: Verdict; cases: string[]; text: string }>();
  for (const [id, one] of Object.entries(results).sort(([one], [other]) => compareIds(one, other))) {
    const verdict = overall(one);
    counts[groupOf(id)] ??= {};
    const group = counts[groupOf(id)]!;
    group[verdict] = (group[verdict] ?? 0) + 1;
    if (verdict !== 'FAILED' && verdict !== 'NON-STRICT') continue;
    const text = shortened(one.text);
    const problem = problems.get(`${verdict} ${text}`) ?? { verdict, cases: [], text };
    problem.cases.push(id);
    problems.set(`${verdict} ${text}`, problem);
  }
  return { counts, problems: [...problems.values()] };
}

/** The text without the sentences of standards, which the cases name, and without what differs from run to run. */
function shortened(text: string): string {
  const plain = text
    .replace(/ \((?:RFC|HTML)[^()]*(?:\([^()]*\)[^()]*)*\)/g, '')
    .replace(/\b(text|binary|pong|ping) of \d+ bytes?(?: \((?:"(?:[^"\\]|\\.)*"|[\da-f]+)…?\))?/g, '$1')
    .replace(/; received [\da-f]{8,}…?/g, '')
    .replace(/"[^"]{40,}"/g, '"…"')
    .replace(/\b\d{4,5}(?= ms)/g, '…')
    .replace(/:\d{4,5}\b/g, '');
  return plain.length <= 200 ? plain : `${plain.slice(0, 199)}…`;
}

/** Compares ids of cases number by number. */
export function compareIds(one: string, other: string): number {
  const [ones, others] = [one.split('.').map(Number), other.split('.').map(Number)];
  for (const [index, number] of ones.entries()) {
    const difference = number - (others[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Counts in words, such as `141 OK, 4 NON-STRICT`. */
export function describeCounts(counts: Partial<Record<Verdict, number>> | undefined): string {
  const parts = VERDICTS.flatMap((verdict) => {
    const count = counts?.[verdict];
    return count === undefined ? [] : [`${count} ${verdict}`];
  });
  return parts.join(', ') || '-';
}

/** The text of `results.json`: one line for each problem, in the order of the agents' names. */
export function formatResults(results: Results): string {
  const agents = Object.entries(results).sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = agents.map(([name, { problems, ...rest }]) => {
    const rows = problems.map((problem) => `\n    ${JSON.stringify(problem)}`);
    return `  ${JSON.stringify(name)}: ${JSON.stringify(rest).slice(0, -1)},"problems":[${rows.join(',')}]}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}
