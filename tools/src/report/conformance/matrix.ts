import { overall, type Report, type ReportedCase } from '../../conformance/report.ts';
import { GROUPS, groupOf } from '../../conformance/selection.ts';
import { html, type Markup } from '../markup.ts';
import { agentName } from './agent-name.ts';

/** The table of cases and agents. What failed is explained under the title of the case. */
export function matrixOf(report: Report): Markup {
  const agents = Object.keys(report);
  const ids = [...new Set(Object.values(report).flatMap((cases) => Object.keys(cases)))].sort(byNumber);
  const heads = agents.map((agent) => html`<th scope="col">${agentName(agent, Object.values(report[agent]!))}</th>`);
  const groups = groupsOf(ids).map(
    ([group, members]) => html`<tbody>
<tr class="group"><th colspan="${agents.length + 2}"><span>${group} ${GROUPS[group] ?? ''}</span></th></tr>
${members.map((id) => caseRow(id, report, agents))}</tbody>
`,
  );
  return html`<div class="frame" id="cases" tabindex="0" aria-label="Cases and verdicts"><table class="matrix">
<thead><tr><th scope="col">Case</th><th scope="col">What it tests</th>${heads}</tr></thead>
${groups}</table></div>`;
}

function caseRow(id: string, report: Report, agents: readonly string[]): Markup {
  const all = agents.flatMap((agent) => report[agent]![id] ?? []);
  // Other suites describe their cases otherwise.
  const { title, section } = all.find(({ suite }) => suite === undefined) ?? all[0]!;
  const cells = agents.map((agent) => {
    const reported = report[agent]![id];
    return reported === undefined ? html`<td></td>` : verdictCell(agent, id, reported);
  });
  return html`<tr class="case"><td>${id}</td><td>${title} <small>${section}</small>${failuresOf(id, report, agents)}</td>${cells}</tr>
`;
}

function verdictCell(agent: string, id: string, reported: ReportedCase): Markup {
  const verdict = overall(reported);
  return html`<td><button class="${verdict}" data-agent="${agent}" data-id="${id}">${verdict}</button></td>`;
}

/** Why a case failed, each reason once with the agents that it is about. */
function failuresOf(id: string, report: Report, agents: readonly string[]): Markup[] {
  const reasons = new Map<string, string[]>();
  for (const agent of agents) {
    const reported = report[agent]![id];
    if (reported === undefined || overall(reported) !== 'FAILED' || reported.text === '') continue;
    reasons.set(reported.text, [...(reasons.get(reported.text) ?? []), agent]);
  }
  return [...reasons].map(([text, names]) => {
    const who = agents.length === 1 ? undefined : html`<b>${names.join(', ')}:</b> `;
    return html`<p class="why">${who}${text}</p>`;
  });
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
