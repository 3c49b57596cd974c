import { mergeReports, overall, type Report, type UntestedServer, VERDICTS } from '../../conformance/report.ts';
import { printableLine } from '../../terminal/printable.ts';
import { visible } from '../escape-markup.ts';
import { count } from './numbers.ts';

/** Rows of a table. A comment on a pull request has a limit of 65,536 characters. */
const MAX_ROWS = 50;
/** Characters of a text of an agent. */
const MAX_TEXT = 200;
/** Characters of the reason why a server was not tested, or not completely. It ends with what to do. */
const MAX_REASON = 1_000;

/**
 * A summary as Markdown, for a comment on a pull request or a build: the verdicts of each agent, what has changed since an earlier
 * run, and the cases that FAILED.
 *
 * @param report  the results of this run; none if earlier runs alone are compared
 * @param earlier the results of earlier runs. An agent is compared with the last of them that has it
 * @param untested the servers whose cases did not all run
 */
export function markdownOf(
  report: Report,
  earlier: readonly Report[],
  untested: readonly UntestedServer[] = [],
): string {
  const runs = [...earlier, report].filter((run) => Object.keys(run).length > 0);
  const latest = runs.at(-1) ?? {};
  const before = runs.slice(0, -1);
  const changes = changesOf(latest, before);
  const failures = failuresOf(latest);
  return [
    '### Conformance',
    ...(runs.length === 0 ? [] : [table(['Agent', ...VERDICTS, 'Cases'], verdictRows(mergeReports(runs)))]),
    ...untestedSection('Not tested', untestedRows(untested, false)),
    ...untestedSection('Not tested completely', untestedRows(untested, true)),
    ...(before.some((run) => sharesAgent(run, latest)) ? [changesSection(changes)] : []),
    ...(failures.length === 0
      ? untested.length === 0
        ? ['No case failed.']
        : []
      : ['#### Failed cases', table(['Case', 'Agent', 'Title', 'What was wrong'], failures)]),
    '',
  ].join('\n\n');
}

function changesSection(changes: readonly (readonly string[])[]): string {
  if (changes.length === 0) return 'No verdict has changed since the earlier run.';
  return `#### Changes since the earlier run\n\n${table(['Case', 'Agent', 'Title', 'Before', 'Now'], changes)}`;
}

function sharesAgent(one: Report, other: Report): boolean {
  return Object.keys(one).some((agent) => Object.hasOwn(other, agent));
}

function untestedSection(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`#### ${title}\n\n${table(['Agent', 'Why'], rows)}`];
}

function untestedRows(untested: readonly UntestedServer[], isPartly: boolean): string[][] {
  return untested
    .filter(({ isPartlyTested }) => isPartlyTested === isPartly)
    .map(({ name, reason }) => [code(name), code(reason, MAX_REASON)]);
}

/** A row for each agent. */
function verdictRows(report: Report): string[][] {
  return Object.entries(report).map(([agent, cases]) => {
    const verdicts = Object.values(cases).map(overall);
    const counts = VERDICTS.map((verdict) => verdicts.filter((one) => one === verdict).length);
    return [code(agent), ...counts.map(count), count(verdicts.length)];
  });
}

function changesOf(latest: Report, earlier: readonly Report[]): string[][] {
  return Object.entries(latest).flatMap(([agent, cases]) => {
    const known = earlier.findLast((run) => Object.hasOwn(run, agent))?.[agent];
    if (known === undefined) return [];
    // A run of other cases is no change.
    const ids = sorted(Object.keys(cases)).filter((id) => Object.hasOwn(known, id));
    return ids.flatMap((id) => {
      const [before, now] = [overall(known[id]!), overall(cases[id]!)];
      return before === now ? [] : [[code(id), code(agent), code(cases[id]!.title), before, now]];
    });
  });
}

function failuresOf(report: Report): string[][] {
  return Object.entries(report).flatMap(([agent, cases]) =>
    sorted(Object.keys(cases))
      .filter((id) => overall(cases[id]!) === 'FAILED')
      .map((id) => [code(id), code(agent), code(cases[id]!.title), code(`${cases[id]!.text} (${cases[id]!.section})`)]),
  );
}

function sorted(ids: Iterable<string>): string[] {
  return [...ids].sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows.slice(0, MAX_ROWS)].map((cells) => `| ${cells.join(' | ')} |`);
  const more = rows.length > MAX_ROWS ? [`\nand ${count(rows.length - MAX_ROWS)} more`] : [];
  return [...lines, ...more].join('\n');
}

/** Text from elsewhere as code, in which nothing is a link, a mention or HTML. */
function code(text: string, max: number = MAX_TEXT): string {
  const line = printableLine(visible(text));
  const short = line.length > max ? `${line.slice(0, max)}…` : line;
  const fence = '`'.repeat(1 + Math.max(0, ...(short.match(/`+/g) ?? []).map(({ length }) => length)));
  const space = /^`|`$/.test(short) || short === '' ? ' ' : '';
  // Even in code, a vertical bar ends a cell.
  return `${fence}${space}${short.replaceAll('|', '\\|')}${space}${fence}`;
}
