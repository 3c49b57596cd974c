import { overall, type ReportedCase, VERDICTS } from '../../conformance/report.ts';
import { GROUPS, groupOf } from '../../conformance/selection.ts';
import type { Verdict } from '../../conformance/verdict.ts';
import { printableLine } from '../../terminal/printable.ts';
import { align } from '../text-table.ts';

/** The report as text: one line for each group, then one line for each case that is not OK, the worst verdicts first. */
export function tableOf(cases: Readonly<Record<string, ReportedCase>>): string {
  const groups = new Map<string, Map<Verdict, number>>();
  for (const [id, reported] of Object.entries(cases)) {
    const counts = groups.get(groupOf(id)) ?? new Map<Verdict, number>();
    groups.set(groupOf(id), counts);
    const verdict = overall(reported);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  const rows = [...groups]
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([group, counts]) => [group, GROUPS[group] ?? '', ...VERDICTS.map((verdict) => countOf(counts, verdict))]);
  const total = VERDICTS.map((verdict) =>
    String(Object.values(cases).filter((one) => overall(one) === verdict).length),
  );
  const lines = align([['', 'group', ...VERDICTS], ...rows, ['', 'all', ...total]], isNumber);
  const notOk = Object.entries(cases)
    .filter(([, reported]) => overall(reported) !== 'OK')
    .sort(([oneId, one], [otherId, other]) => {
      return SEVERITY.indexOf(overall(one)) - SEVERITY.indexOf(overall(other)) || compareIds(oneId, otherId);
    })
    .map(([id, reported]) => [
      id,
      overall(reported),
      // Text of an agent must not start a line that looks like one of the table.
      printableLine(`${reported.title}${explain(reported)}`),
    ]);
  return [...lines, ...(notOk.length === 0 ? [] : ['', ...align(notOk, isNumber)])].join('\n');
}

/** The order of the lines. */
const SEVERITY: readonly Verdict[] = ['FAILED', 'NON-STRICT', 'UNIMPLEMENTED', 'INFORMATIONAL'];

/** What was wrong. The text of a case about WebSocket names the section itself. */
function explain(reported: ReportedCase): string {
  const { text, section } = reported;
  if (text === '') return '';
  const isJudged = ['FAILED', 'NON-STRICT'].includes(overall(reported));
  return `: ${text}${isJudged && !text.includes('§') ? ` (${section})` : ''}`;
}

/** The order of ids: 9.1 is before 10.1. */
function compareIds(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

function countOf(counts: ReadonlyMap<Verdict, number>, verdict: Verdict): string {
  const count = counts.get(verdict) ?? 0;
  return count === 0 ? '-' : String(count);
}

function isNumber(cell: string, column: number): boolean {
  return column > 1 && /^[\d-]*$/.test(cell);
}
