import type { Report, UntestedServer } from '../../conformance/report.ts';
import { version } from '../../version.ts';
import { visible } from '../escape-markup.ts';
import { html, Markup } from '../markup.ts';
import { detailsOf } from './case-details.ts';
import { DETAILS_SCRIPT } from './details-script.ts';
import { filterOf } from './filter.ts';
import { legend } from './legend.ts';
import { matrixOf } from './matrix.ts';
import { overviewOf } from './overview.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { STYLE } from './style.ts';

/**
 * A self-contained page: the agents, and a table of cases and agents with filters. Each verdict opens a dialog that shows what the
 * case does and expects, what was wrong, and what went over the wire.
 */
export function htmlOf(report: Report, untested: readonly UntestedServer[] = []): string {
  const agents = new Set([...Object.keys(report), ...untested.map(({ name }) => name)]);
  const written = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance: ${[...agents].join(', ')}</title>
<style>${new Markup(STYLE)}</style>
<h1>Conformance</h1>
<p class="written">Written on ${written} UTC by pushwire-cli ${version()}, Node.js ${process.version}. Select a verdict to see the details of the case.</p>
${untested.map(
  ({ name, reason, isPartlyTested }) =>
    html`<p class="FAILED"><strong>${visible(name)} was ${isPartlyTested ? 'not tested completely' : 'not tested'}.</strong> ${visible(reason)}</p>
`,
)}${overviewOf(report)}
${legend()}
${filterOf(report)}
${matrixOf(report)}
<dialog aria-labelledby="case-title"><header><h2 id="case-title"></h2><nav><button id="previous" aria-label="Previous case">‹</button><button id="next" aria-label="Next case">›</button><button id="close" aria-label="Close">×</button></nav></header><div id="case"></div></dialog>
<script type="application/json" id="report">${new Markup(embedded(report))}</script>
<script>${new Markup(PAGE_SCRIPT + DETAILS_SCRIPT)}</script>
</html>
`.text;
}

/** The details of all cases as JSON for a script element, which `<` could end. */
function embedded(report: Report): string {
  const entries = Object.entries(report).map(([agent, cases]) => {
    const details = Object.entries(cases).map(([id, reported]) => [visible(id), detailsOf(id, reported)]);
    return [visible(agent), Object.fromEntries(details)];
  });
  return JSON.stringify(Object.fromEntries(entries)).replaceAll('<', '\\u003c');
}
