import { overall, type Report, VERDICTS } from '../../conformance/report.ts';
import { GROUPS, groupOf } from '../../conformance/selection.ts';
import { printable } from '../../terminal/printable.ts';
import { escapeMarkup } from '../escape-markup.ts';

/**
 * A self-contained page: a table of cases and agents with filters. Each verdict opens a dialog that shows what was wrong
 * and what went over the wire.
 */
export function htmlOf(original: Report): string {
  const report = visible(original);
  const agents = Object.keys(report);
  const ids = [...new Set(Object.values(report).flatMap((cases) => Object.keys(cases)))].sort(byNumber);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance: ${escapeMarkup(agents.join(', '))}</title>
<style>${STYLE}</style>
<h1>Conformance</h1>
<p class="filters">
  <label>Show <select id="verdict"><option value="">all verdicts</option>${VERDICTS.map((verdict) => `<option>${verdict}</option>`).join('')}</select></label>
  <label>containing <input id="words" type="search" placeholder="text of the case" size="24"></label>
  <span id="count"></span>
</p>
<table>
<thead><tr><th>Case</th><th></th>${agents.map((agent) => `<th>${escapeMarkup(agent)}<small>${summary(report[agent]!)}</small></th>`).join('')}</tr></thead>
${groupsOf(ids)
  .map(
    ([group, members]) => `<tbody>
<tr class="group"><th colspan="${agents.length + 2}">${group} ${escapeMarkup(GROUPS[group] ?? '')}</th></tr>
${members.map((id) => row(id, report, agents)).join('\n')}
</tbody>`,
  )
  .join('\n')}
</table>
<dialog><form method="dialog"><button aria-label="Close">×</button></form><div></div></dialog>
<script type="application/json" id="report">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
<script>${SCRIPT}</script>
</html>
`;
}

/** The same report without control characters, in the names of agents, too: the page finds an agent by its name. */
function visible(report: Report): Report {
  const escaped = JSON.stringify(report, (_, value) => (typeof value === 'string' ? printable(value) : value));
  const entries = Object.entries(JSON.parse(escaped) as Report);
  return Object.fromEntries(entries.map(([agent, cases]) => [printable(agent), cases]));
}

function row(id: string, report: Report, agents: readonly string[]): string {
  const described = agents.map((agent) => report[agent]![id]).find((reported) => reported !== undefined)!;
  const cells = agents.map((agent) => {
    const reported = report[agent]![id];
    if (reported === undefined) return '<td></td>';
    const verdict = overall(reported);
    return `<td><button class="${verdict}" data-agent="${escapeMarkup(agent)}" data-id="${id}">${verdict}</button></td>`;
  });
  return `<tr class="case"><td>${id}</td><td>${escapeMarkup(described.title)} <small>${escapeMarkup(described.section)}</small></td>${cells.join('')}</tr>`;
}

function summary(cases: Report[string]): string {
  const counts = VERDICTS.map((verdict) => [
    verdict,
    Object.values(cases).filter((reported) => overall(reported) === verdict).length,
  ]).filter(([, count]) => count !== 0);
  return counts.map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}

function groupsOf(ids: readonly string[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const id of ids) groups.set(groupOf(id), [...(groups.get(groupOf(id)) ?? []), id]);
  return [...groups];
}

/** Compares ids number by number. */
function byNumber(one: string, other: string): number {
  const [first, second] = [one.split('.').map(Number), other.split('.').map(Number)];
  const difference = first.findIndex((number, index) => number !== second[index]);
  return difference === -1 ? first.length - second.length : first[difference]! - (second[difference] ?? -1);
}

const STYLE = `
:root { color-scheme: light dark; --ok: #1a7f37; --not: #9a6700; --info: #57606a; --failed: #cf222e; font: 15px/1.45 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --not: #d29922; --info: #8b949e; --failed: #f85149; } }
body { margin: 1.5rem; }
h1 { font-size: 1.4rem; }
.filters { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: baseline; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem; vertical-align: top; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
thead th { position: sticky; top: 0; background: Canvas; }
td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap; }
small { color: var(--info); font-weight: normal; }
th small { display: block; }
.group th { padding-top: 1rem; }
td button { all: unset; cursor: pointer; font-weight: 600; font-size: .85em; }
td button:focus-visible { outline: 2px solid; outline-offset: 2px; }
.OK { color: var(--ok); } .NON-STRICT { color: var(--not); } .INFORMATIONAL, .UNIMPLEMENTED { color: var(--info); } .FAILED { color: var(--failed); }
dialog { max-width: min(60rem, 94vw); width: 60rem; border: 1px solid var(--info); border-radius: 6px; }
dialog form { float: right; } dialog form button { font-size: 1.3rem; border: 0; background: none; cursor: pointer; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85em; }
`;

const SCRIPT = `
const report = JSON.parse(document.getElementById('report').textContent);
const verdict = document.getElementById('verdict');
const words = document.getElementById('words');
function filter() {
  let shown = 0;
  for (const body of document.querySelectorAll('tbody')) {
    let isEmpty = true;
    for (const row of body.querySelectorAll('.case')) {
      const hasWords = row.textContent.toLowerCase().includes(words.value.trim().toLowerCase());
      const hasVerdict = verdict.value === '' || [...row.querySelectorAll('button')].some((button) => button.className === verdict.value);
      row.hidden = !(hasWords && hasVerdict);
      if (!row.hidden) { shown++; isEmpty = false; }
    }
    body.hidden = isEmpty;
  }
  document.getElementById('count').textContent = shown + (shown === 1 ? ' case' : ' cases');
}
verdict.oninput = words.oninput = filter;
filter();
const dialog = document.querySelector('dialog');
document.querySelector('table').addEventListener('click', ({ target }) => {
  const { agent, id } = target.dataset;
  if (id === undefined) return;
  const reported = report[agent][id];
  const lines = [
    id + ' ' + reported.title + ' (' + reported.section + ')',
    agent + ': ' + reported.behavior + '; closing: ' + reported.behaviorClose + '; duration: ' + reported.duration + ' ms; close code: ' + (reported.remoteCloseCode ?? 'none'),
    reported.text,
    '',
    ...reported.log.map(({ time, who, what }) => String(time).padStart(6) + ' ms  ' + who.padEnd(7) + what),
  ];
  const pre = document.createElement('pre');
  pre.textContent = lines.filter((line, index) => line !== '' || index > 2).join('\\n');
  dialog.querySelector('div').replaceChildren(pre);
  dialog.showModal();
});
`;
