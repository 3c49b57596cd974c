import { GROUPS } from '../../../src/conformance/selection.ts';
import { explain } from './explain.ts';
import { KINDS, type Kind } from './peers.ts';
import { compareIds, describeCounts, type Results } from './results.ts';
import type { Shortcoming } from './shortcomings/shortcoming.ts';

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
    const rows = ofKind.map(({ name, version, notRun, counts }) => [
      `${name} ${version}${notRun === 0 ? '' : ` (${notRun} cases did not end in time)`}`,
      ...groups.map((group) => describeCounts(counts[group])),
    ]);
    return [tableOf(head, rows)];
  });
  const rows = explain(results, shortcomings)
    .explained.filter(({ agents: names }) => names.length > 0)
    .map(({ row, agents: names, cases }) => [
      names.join(', '),
      escapeCell(row.does),
      shortened(cases),
      escapeCell(row.breaks),
    ]);
  return [when, ...tables, tableOf(['agents', 'what they do', 'cases', 'the sentence'], rows)].join('\n\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

const SHOWN = 6;

function shortened(ids: readonly string[]): string {
  if (ids.length <= SHOWN) return ids.join(', ');
  return `${ids.slice(0, SHOWN).join(', ')} and ${ids.length - SHOWN} more`;
}
