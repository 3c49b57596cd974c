import { describe, expect, it } from 'vitest';
import type { ReportedCase } from '../../../src/conformance/report.ts';
import { markdownOf } from '../../../src/report/conformance/markdown.ts';
import { FULL_CASE, OK_CASE, sampleReport } from '../sample-report.ts';

const FAILED: ReportedCase = { ...FULL_CASE, text: 'wrong', title: 'Text' };

describe('the Markdown summary of a conformance report', () => {
  it('has the verdicts of each agent, and the failed cases with the reason', () => {
    const lines = markdownOf(sampleReport(2), []).split('\n');
    expect(lines).toContain('| Agent | OK | NON-STRICT | INFORMATIONAL | UNIMPLEMENTED | FAILED | Cases |');
    expect(lines).toContain('| `agent 1` | 1 | 1 | 0 | 0 | 1 | 3 |');
    expect(lines.filter((line) => line.startsWith('| `12.1.1` |'))).toHaveLength(2);
    expect(lines.join()).toContain('received text of 5 bytes ("World") (RFC 7692 §7.2)` |');
    expect(lines.join()).not.toContain('earlier');
  });

  it('states that no case failed', () => {
    expect(markdownOf({ a: { '1.1.1': OK_CASE } }, [])).toMatch(/\n\nNo case failed\.\n/);
  });

  it('shows an earlier run beside this one, and the changes of cases in both', () => {
    const earlier = { mine: { '2.1': FAILED, '10.1': OK_CASE, '3.1': OK_CASE, '9.1': OK_CASE } };
    const now = { mine: { '10.1': FAILED, '2.1': OK_CASE, '3.1': OK_CASE, '4.1': FAILED } };
    const summary = markdownOf(now, [earlier]);
    expect(summary).toContain('| `mine (earlier)` | 3 | 0 | 0 | 0 | 1 | 4 |\n| `mine` | 2 | 0 | 0 | 0 | 2 | 4 |');
    const [, changes] = /#### Changes since the earlier run\n\n((?:\|.*\n)+)/.exec(summary)!;
    expect(changes!.trim().split('\n').slice(2)).toEqual([
      '| `2.1` | `mine` | `A text message` | FAILED | OK |',
      '| `10.1` | `mine` | `Text` | OK | FAILED |',
    ]);
  });

  it('compares two earlier runs, the last of which counts as the latest', () => {
    const summary = markdownOf({}, [{ mine: { '1.1': FAILED } }, { mine: { '1.1': OK_CASE } }]);
    expect(summary).toContain('| `1.1` | `mine` | `A text message` | FAILED | OK |');
    expect(summary).toContain('No case failed.');
  });

  it('states that nothing has changed, or omits changes if the runs have no agent in common', () => {
    const report = { mine: { '1.1': OK_CASE } };
    expect(markdownOf(report, [report])).toContain('No verdict has changed since the earlier run.');
    expect(markdownOf(report, [{ other: { '1.1': FAILED } }])).not.toContain('hange');
  });

  it('shows text of an agent as code, in one cell of one line', () => {
    const text = 'a|b\n## `x` @user <img> ``\x1b[2J';
    const summary = markdownOf({ 'x`': { '1.1': { ...FAILED, text } } }, []);
    expect(summary).toContain('| `` x` `` |');
    expect(summary).toContain('| ```a\\|b\\n## `x` @user <img> ``\\x1b[2J (RFC 7692 §7.2)``` |');
  });

  it('stays short, however much has failed and however long the text is', () => {
    const long = { ...FAILED, text: 'x'.repeat(10_000) };
    const cases = Object.fromEntries(Array.from({ length: 1_100 }, (_, index) => [`1.${index}`, long]));
    const summary = markdownOf({ mine: cases }, []);
    expect(summary).toContain('\n\nand 1,050 more\n');
    expect(summary.length).toBeLessThan(65_536);
  });
});
