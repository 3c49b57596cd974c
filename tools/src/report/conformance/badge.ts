import { overall, type Report, type UntestedServer } from '../../conformance/report.ts';
import { html } from '../markup.ts';
import { count } from './numbers.ts';

const LABEL = 'conformance';
/** Pixels. */
const PADDING = 8;
/** The widths of characters of Verdana at 11 pixels. */
const WIDTHS: Readonly<Record<string, number>> = {
  ' ': 3.9,
  i: 3,
  l: 3,
  f: 3.9,
  t: 4.3,
  r: 4.7,
  s: 5.7,
  c: 5.7,
  m: 10.7,
};
const USUAL_WIDTH = 6.8;

/**
 * A badge for a README, as SVG: how many cases FAILED, and how many servers were not tested, or not completely. Cases of what the agent does not implement
 * are not counted.
 */
export function badgeOf(report: Report, untested: readonly UntestedServer[] = []): string {
  const verdicts = Object.values(report).flatMap((cases) => Object.values(cases).map(overall));
  const total = verdicts.filter((verdict) => verdict !== 'UNIMPLEMENTED').length;
  const failures = verdicts.filter((verdict) => verdict === 'FAILED').length;
  const counts = `${failures === 0 ? 'no failures' : plural(failures, 'failure')} in ${plural(total, 'case')}`;
  const partly = untested.filter(({ isPartlyTested }) => isPartlyTested).length;
  const missing = [
    ...servers(untested.length - partly, 'not tested'),
    ...servers(partly, 'not tested completely'),
  ].join(', ');
  const message = total === 0 && missing !== '' ? missing : [counts, missing].filter((part) => part !== '').join(', ');
  const isWrong = failures > 0 || missing !== '';
  const colour = isWrong ? '#cf222e' : total === 0 ? '#6a737d' : '#1a7f37';
  const [left, right] = [widthOf(LABEL), widthOf(message)];
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${LABEL}: ${message}">
<title>${LABEL}: ${message}</title>
<clipPath id="corners"><rect width="${left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#corners)"><rect width="${left}" height="20" fill="#444c56"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/></g>
<g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">
<text x="${PADDING}" y="14" textLength="${left - 2 * PADDING}">${LABEL}</text>
<text x="${left + PADDING}" y="14" textLength="${right - 2 * PADDING}">${message}</text>
</g>
</svg>
`.text;
}

function servers(number: number, what: string): string[] {
  return number === 0 ? [] : [`${plural(number, 'server')} ${what}`];
}

function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** The same width whatever font a viewer has: `textLength` stretches the text to it. */
function widthOf(text: string): number {
  const width = [...text].reduce((sum, character) => sum + (WIDTHS[character] ?? USUAL_WIDTH), 0);
  return Math.round(width) + 2 * PADDING;
}
