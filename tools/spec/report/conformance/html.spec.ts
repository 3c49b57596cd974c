import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/conformance/report.ts';
import { htmlOf } from '../../../src/report/conformance/html.ts';
import { FULL_CASE, sampleReport } from '../sample-report.ts';

/** What breaks out of text, attributes and scripts, and what changes how other text reads. */
const EVIL = [
  '<b>x</b>',
  '</script><script>boom()</script>',
  '<!--',
  '"><img src=x onerror=boom()>',
  "' onclick='boom()",
  '&lt;b&gt;',
  '\u202e\u2066\u2069\u200e\u061c',
  '\x1b]0;x\x07\x9b2J',
  '\u2028\u2029\ufeff',
  '\ud800',
];
const DANGEROUS = /[\p{Bidi_Control}\p{Surrogate}\u2028\u2029\ufeff]|(?!\n)\p{Cc}/u;
const MARKUP = /<b>x|<\/script><script>boom|<!--|<img/;

/** The same value with `evil` in front of each string, and of each name. What is chosen from a few values is kept. */
function poisoned(value: unknown, evil: string): unknown {
  if (typeof value === 'string') return evil + value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => poisoned(one, evil));
  const entries = Object.entries(value).map(([name, one]): [string, unknown] => [
    name,
    CHOSEN.has(name) ? one : poisoned(one, evil),
  ]);
  return Object.fromEntries(entries);
}

const CHOSEN: ReadonlySet<string> = new Set([
  'behavior',
  'behaviorClose',
  'who',
  'firstClose',
  'tcpEndedBy',
  'payload',
]);

function poisonedReport(evil: string): Report {
  const reported = poisoned(FULL_CASE, evil) as Report[string][string];
  // What a peer sends in frames.
  const octets = Buffer.from(evil).toString('hex');
  const frame = { fin: true, rsv: 0, opcode: 1, masked: false, length: octets.length / 2, payload: octets };
  const log = [...reported.log, { time: 0, who: 'agent' as const, what: evil, frame }];
  return { [`${evil}agent`]: { [`1.${evil}`]: { ...reported, log } } };
}

describe('the page of a conformance report', () => {
  it('shows everything from a peer as text', () => {
    const texts = fc.array(fc.constantFrom(...EVIL), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (evil) => {
        const page = htmlOf(poisonedReport(evil));
        expect(page).not.toMatch(DANGEROUS);
        expect(page).not.toMatch(MARKUP);
        const [, agent] = /data-agent="([^"]*)"/.exec(page)!;
        const [, embedded] = /id="report">([^<]*)<\/script>/.exec(page)!;
        expect(Object.keys(JSON.parse(embedded!))).toEqual([unescaped(agent!)]);
      }),
    );
  });

  it('selects what failed, or else what is NON-STRICT, or else everything', () => {
    const selected = (report: Report): string | undefined => /value="([^"]*)" selected/.exec(htmlOf(report))?.[1];
    const { '12.1.1': failed, '6.4.1': lenient, '1.1.1': ok } = Object.values(sampleReport(1))[0]!;
    expect(selected({ a: { '1.1.1': ok!, '6.4.1': lenient!, '12.1.1': failed! } })).toBe('FAILED');
    expect(selected({ a: { '1.1.1': ok!, '6.4.1': lenient! } })).toBe('NON-STRICT');
    expect(selected({ a: { '1.1.1': ok! } })).toBe('');
    expect(selected({})).toBe('');
  });

  it('orders cases by number, and explains each failure once', () => {
    const page = htmlOf(sampleReport(3));
    const ids = [...page.matchAll(/<td>([\d.]+)<\/td><td>/g)].map(([, id]) => id);
    expect(ids).toEqual(['1.1.1', '6.4.1', '12.1.1']);
    expect(page.match(/class="why"/g)).toHaveLength(1);
    expect(page).toContain('<b>agent 1, agent 2:</b> Message 1 is wrong;');
  });

  it('has the versions, the dates, and what each agent calls itself', () => {
    const page = htmlOf(sampleReport(1));
    expect(page).toMatch(/Written on \d{4}-\d\d-\d\d \d\d:\d\d UTC by pushwire-cli \d+\.\d+\.\d+, Node\.js v\d+/);
    expect(page).toContain('<small>Echo/1.2</small>');
    expect(page).toContain('<td>2026-11-27</td>');
    // 3 cases of 1,201 frames and 1 frame.
    expect(page).toContain('<td>3,603 / 3</td>');
    expect(page).toContain('<td>30.0 % / –</td>');
  });

  it('shows a report of an earlier version, which has less of each case', () => {
    const { behavior, behaviorClose, duration, remoteCloseCode, title, section, text, log } = FULL_CASE;
    const old = { behavior, behaviorClose, duration, remoteCloseCode, title, section, text, log };
    expect(htmlOf({ a: { '1.1.1': old } })).toContain('data-agent="a" data-id="1.1.1">FAILED<');
  });
});

function unescaped(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
