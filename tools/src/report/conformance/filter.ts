import { overall, type Report, VERDICTS } from '../../conformance/report.ts';
import { html, type Markup } from '../markup.ts';

/** The choices beside the verdicts. */
const OTHERS = { '': 'all cases', 'not-ok': 'FAILED and NON-STRICT', differ: 'where agents differ' } as const;

/** The form that selects cases. The page opens on what failed, if anything did. */
export function filterOf(report: Report): Markup {
  const verdicts = new Set(Object.values(report).flatMap((cases) => Object.values(cases).map(overall)));
  const selected = (['FAILED', 'NON-STRICT'] as const).find((verdict) => verdicts.has(verdict)) ?? '';
  const all = [
    ...Object.entries(OTHERS).filter(([value]) => value !== 'differ' || Object.keys(report).length > 1),
    ...VERDICTS.filter((verdict) => verdicts.has(verdict)).map((verdict) => [verdict, verdict] as const),
  ];
  const options = all.map(([value, text]) =>
    value === selected
      ? html`<option value="${value}" selected>${text}</option>`
      : html`<option value="${value}">${text}</option>`,
  );
  return html`<p class="filters">
<label>Show <select id="verdict" autocomplete="off">${options}</select></label>
<label>containing <input id="words" type="search" placeholder="number or text" size="18" autocomplete="off"></label>
<output id="count"></output>
</p>`;
}
