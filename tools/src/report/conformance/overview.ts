import { overall, type Report, type ReportedCase, type VERDICTS } from '../../conformance/report.ts';
import type { CompressedTraffic } from '../../conformance/traffic.ts';
import { html, type Markup } from '../markup.ts';
import { agentName } from './agent-name.ts';
import { count, durationText, ratioOf } from './numbers.ts';

/** What needs attention comes first: on a phone, the other columns are out of sight. */
const IN_ORDER = ['FAILED', 'NON-STRICT', 'OK', 'INFORMATIONAL', 'UNIMPLEMENTED'] as const satisfies typeof VERDICTS;

/** A table with a row for each agent: its verdicts, when it was tested, and what went over the wire. */
export function overviewOf(report: Report): Markup {
  const heads = IN_ORDER.map((verdict) => html`<th class="${verdict}">${verdict}</th>`);
  return html`<div class="frame"><table class="overview">
<thead><tr><th>Agent</th>${heads}<th>Cases</th><th>Tested</th><th>Total duration</th><th>Frames, tester / agent</th><th>Compression, tester / agent</th></tr></thead>
<tbody>
${Object.entries(report).map(([agent, cases]) => agentRow(agent, Object.values(cases)))}</tbody>
</table></div>`;
}

function agentRow(agent: string, cases: readonly ReportedCase[]): Markup {
  const verdicts = IN_ORDER.map((verdict) => {
    const number = cases.filter((reported) => overall(reported) === verdict).length;
    return number === 0 ? html`<td class="number">–</td>` : html`<td class="number ${verdict}">${count(number)}</td>`;
  });
  const duration = cases.reduce((sum, reported) => sum + reported.duration, 0);
  const numbers = [durationText(duration), framesText(cases), compressionText(cases)];
  return html`<tr><th>${agentName(agent, cases)}${softwareOf(cases)}</th>${verdicts}<td class="number">${count(cases.length)}</td><td>${datesOf(cases)}</td>${numbers.map((text) => html`<td>${text}</td>`)}</tr>
`;
}

/** What the agent calls itself in the opening handshake, or in a response. */
function softwareOf(cases: readonly ReportedCase[]): Markup | undefined {
  for (const { log } of cases) {
    for (const { who, what } of log) {
      const value = who === 'agent' ? /\\r\\n(?:server|user-agent): ([^\\]+)/i.exec(what)?.[1] : undefined;
      if (value !== undefined) return html` <small>${value}</small>`;
    }
  }
  return undefined;
}

/** The day of the test, or the first and the last one. */
function datesOf(cases: readonly ReportedCase[]): string {
  const dates = cases.flatMap(({ started }) => (started === undefined ? [] : [started.slice(0, 10)]));
  if (dates.length === 0) return 'unknown';
  const [first, last] = [dates.reduce(earlier), dates.reduce(later)];
  return first === last ? first : `${first} to ${last}`;
}

const earlier = (one: string, other: string): string => (one < other ? one : other);
const later = (one: string, other: string): string => (one > other ? one : other);

function framesText(cases: readonly ReportedCase[]): string {
  const [tester, agent] = (['tester', 'agent'] as const).map((side) =>
    cases.reduce((sum, { traffic }) => sum + total(Object.values(traffic?.[side].frames ?? {})), 0),
  );
  return tester === 0 && agent === 0 ? '–' : `${count(tester!)} / ${count(agent!)}`;
}

/** What the compression of each side made of its messages. */
function compressionText(cases: readonly ReportedCase[]): string {
  const sides = (['tester', 'agent'] as const).map((side) => {
    const compressed = cases.flatMap(({ traffic }) => traffic?.[side].compressed ?? []);
    const sum = (name: keyof CompressedTraffic): number => total(compressed.map((one) => one[name]));
    return ratioOf(sum('bytes'), sum('compressedBytes'));
  });
  return cases.some(({ traffic }) => traffic?.agent.compressed ?? traffic?.tester.compressed) ? sides.join(' / ') : '–';
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
