import type { ReportedCase } from '../../conformance/report.ts';
import { html, type Markup } from '../markup.ts';

/** The name of an agent, which can break behind punctuation, and a mark if another suite has judged it. */
export function agentName(agent: string, cases: readonly ReportedCase[]): Markup {
  const parts = agent.split(/(?<=[-/:@_])/);
  const suite = cases.find((reported) => reported.suite !== undefined)?.suite;
  const mark = suite === undefined ? undefined : html` <small class="suite">judged by ${suite}</small>`;
  return html`${parts.map((part, index) => (index === 0 ? html`${part}` : html`<wbr>${part}`))}${mark}`;
}
