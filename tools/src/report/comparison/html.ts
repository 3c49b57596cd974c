import type { ComparisonReport, ReportedConditions, SceneReport } from '../../compare/comparison-report.ts';
import type { Figure } from '../../compare/statistics.ts';
import { escapeMarkup } from '../escape-markup.ts';
import { chartOf } from './chart.ts';
import { formatNumber } from './format.ts';

/** The report as a self-contained page with charts, in a light and a dark color scheme. */
export function htmlOf(report: ComparisonReport): string {
  const { environment, conditions, scenes } = report;
  const { date, node, pushwire, system, machine } = environment;
  const network = conditions.delay === 0 ? '' : ` Simulated network delay: ${conditions.delay} ms each way.`;
  const hold = conditions.hold === 0 ? '' : ` The server delays each message by ${conditions.hold} ms.`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>WebSocket and event stream compared</title>
<style>${STYLE}</style>
<h1>WebSocket and event stream compared</h1>
<p>${escapeMarkup(`${date.slice(0, 16).replace('T', ' ')} UTC, pushwire ${pushwire}, Node.js ${node}, ${system}, ${machine}.`)}${network}${hold}</p>
<nav><ul>${scenes.map(({ name, title }) => `<li><a href="#${name}">${escapeMarkup(title)}</a></li>`).join('')}</ul></nav>
<section>
<h2>Terms</h2>
<dl>
<dt>C</dt><dd>set-up of the push connection: from the first SYN until the application can send</dd>
<dt>C2</dt><dd>set-up of a second connection, on which the client of an event stream sends its messages; 0 with a keep-alive connection or HTTP/2</dd>
<dt>R up, R down</dt><dd>transfer: from the call of <code>send</code> to the server application, and from the write in the server to the event in the client</dd>
<dt>P</dt><dd>push delay: from the origin of the event in the server to its write, including batching and flushing</dd>
<dt>T</dt><dd>total time, by the clock of the client</dd>
</dl>
<p>${howMeasured(conditions)}</p>
</section>
${scenes.map(sectionOf).join('\n')}
</html>
`;
}

function howMeasured({ rounds, servers, isBrowser }: ReportedConditions): string {
  if (servers !== undefined) {
    return `The servers are <code>${escapeMarkup(servers.websocket)}</code> and <code>${escapeMarkup(servers.eventStream)}</code>. Only the client side was measured.`;
  }
  const figures =
    rounds === 1
      ? 'Each figure was measured once.'
      : `Each figure is the median of ${rounds} rounds (fewer for some scenes), each with new processes. The small figures are those of the lowest and the highest round.`;
  const clocks = isBrowser
    ? 'The clients are the WebSocket and EventSource of Chromium. The clocks of page and server are compared by round trips. The error is at most half of the fastest round trip.'
    : 'All processes run on one machine and read the same monotonic clock, so their times are comparable.';
  return `${clocks} ${figures}`;
}

/** Escapes text, and turns backticks into code elements. */
function withCode(text: string): string {
  return escapeMarkup(text).replace(/`([^`]*)`/g, '<code>$1</code>');
}

function sectionOf(scene: SceneReport): string {
  return `<section id="${scene.name}">
<h2>${escapeMarkup(scene.title)}</h2>
<p>${withCode(scene.text)}</p>
${chartOf(scene)}
<div class="wide"><table>
<thead><tr><th></th><th></th>${scene.columns.map((column) => `<th>${escapeMarkup(column)}</th>`).join('')}</tr></thead>
${scene.lines.map((line, index) => rowOf(scene, line, scene.lines[index - 1]?.row)).join('\n')}
</table></div>
</section>`;
}

function rowOf(
  { columns }: SceneReport,
  { row, series, cells }: SceneReport['lines'][number],
  previousRow?: string,
): string {
  const figures = columns.map((column) => `<td>${cellOf(cells[column])}</td>`).join('');
  const isFirst = row !== previousRow;
  return `<tr${isFirst ? ' class="first"' : ''}><th>${isFirst ? escapeMarkup(row) : ''}</th><td>${escapeMarkup(series)}</td>${figures}</tr>`;
}

function cellOf(cell: Figure | string | undefined): string {
  if (cell === undefined) return '';
  if (typeof cell === 'string') return escapeMarkup(cell);
  const { value, low, high, rounds } = cell;
  const spread = rounds === 1 ? '' : `<small>${formatNumber(low)} – ${formatNumber(high)}</small>`;
  return `${formatNumber(value)}${spread}`;
}

const STYLE = `
:root { color-scheme: light dark; --muted: #5c6875; --line: #dfe3e8; --websocket: #1f6fd0; --event-stream: #c46a10; --p0: #4269d0; --p1: #97bbf5; --p2: #c46a10; --p3: #b3261e; --p4: #e8a65c; font: 15px/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --muted: #9aa7b5; --line: #2f3a46; --websocket: #6cb0ff; --event-stream: #ffa552; --p0: #6c8ff0; --p1: #3f5a9e; --p2: #e0862f; --p3: #ff8f86; --p4: #8f5a1f; } }
body { max-width: 64rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
h4 { font-size: .9rem; margin: .8rem 0 .2rem; }
p { max-width: 48rem; }
nav ul { columns: 2; padding-left: 1.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; max-width: 48rem; } dt { font-weight: 600; } dd { margin: 0; }
a { color: var(--websocket); }
figure { margin: 1rem 0; } figcaption { color: var(--muted); font-size: .85em; }
.bar { display: grid; grid-template-columns: 15rem 1fr 5rem; gap: .6rem; align-items: center; font-size: .85rem; line-height: 1.45; }
.bar span:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.track { position: relative; display: flex; height: .8rem; }
.track i { display: block; height: 100%; } .track b { position: absolute; top: 50%; height: 1px; background: currentColor; }
.websocket { background: var(--websocket); } .event-stream { background: var(--event-stream); }
.part0 { background: var(--p0); } .part1 { background: var(--p1); } .part2 { background: var(--p2); } .part3 { background: var(--p3); } .part4 { background: var(--p4); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; margin: 0; font-size: .85rem; }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; vertical-align: -1px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .35rem; text-align: right; vertical-align: top; } th:first-child, th + td { text-align: left; white-space: nowrap; }
thead th { font-weight: 600; vertical-align: bottom; } .first > * { border-top: 1px solid var(--line); }
td small { display: block; color: var(--muted); white-space: nowrap; }
@media (max-width: 40rem) { .bar { grid-template-columns: 8rem 1fr 4rem; } nav ul { columns: 1; } }
`;
