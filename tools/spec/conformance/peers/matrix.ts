import { GROUPS } from '../../../src/conformance/selection.ts';
import { KINDS, type Kind } from './peers.ts';
import { compareIds, describeCounts, type Results } from './results.ts';
import type { Shortcoming } from './shortcomings.ts';

const TITLES: Readonly<Record<Kind, string>> = {
  server: 'WebSocket servers',
  client: 'WebSocket clients',
  'stream-server': 'event stream servers',
  'stream-client': 'event stream clients',
};

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

/** Writes a table of verdict counts for each kind of agent, and a table of what they do against the standards. */
export function renderMatrix(results: Results, shortcomings: readonly Shortcoming[]): string {
  const agents = Object.values(results);
  const dates = agents.map(({ date }) => date).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  const when = first === last ? `Run on ${first}.` : `Run from ${first} to ${last}.`;
  const tables = KINDS.flatMap((kind) => {
    const ofKind = agents.filter((agent) => agent.kind === kind);
    if (ofKind.length === 0) return [];
    const groups = [...new Set(ofKind.flatMap(({ counts }) => Object.keys(counts)))].sort(compareIds);
    const head = [
      TITLES[kind],
      ...groups.map((group) => `${group} ${GROUPS[group]?.replace(/^Event stream.*: /, '')}`),
    ];
    const rows = ofKind.map(({ name, version, counts }) => [
      `${name} ${version}`,
      ...groups.map((group) => describeCounts(counts[group])),
    ]);
    return [tableOf(head, rows)];
  });
  const rows = shortcomings.map(({ agents: names, cases, does, breaks }) => [
    names.join(', '),
    cases.join(', '),
    escapeCell(does),
    escapeCell(breaks),
  ]);
  return [when, ...tables, tableOf(['agents', 'cases', 'what they do', 'the sentence'], rows)].join('\n\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
