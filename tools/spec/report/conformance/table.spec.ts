import { describe, expect, it } from 'vitest';
import type { ReportedCase } from '../../../src/conformance/report.ts';
import type { Verdict } from '../../../src/conformance/verdict.ts';
import { tableOf } from '../../../src/report/conformance/table.ts';

function reported(behavior: Verdict, section: string, text: string): ReportedCase {
  const title = `Case of ${section}`;
  return { behavior, behaviorClose: 'OK', duration: 1, remoteCloseCode: null, title, section, text, log: [] };
}

/** The lines below the counts. */
function linesOf(cases: Readonly<Record<string, ReportedCase>>): string[] {
  return tableOf(cases).split('\n\n')[1]!.split('\n');
}

describe('the lines of cases that are not OK', () => {
  it('begin with the worst verdict, then have the order of the ids', () => {
    const cases = {
      '7.13.1': reported('INFORMATIONAL', 'A', ''),
      '17.3.1': reported('NON-STRICT', 'A', ''),
      '14.4.4': reported('UNIMPLEMENTED', 'A', ''),
      '17.1.1': reported('FAILED', 'A', ''),
      '1.1.1': reported('OK', 'A', ''),
      '14.1.11': reported('FAILED', 'A', ''),
      '14.1.9': reported('FAILED', 'A', ''),
      '3.2': reported('NON-STRICT', 'A', ''),
    };
    expect(linesOf(cases).map((line) => line.split(/ +/).slice(0, 2).join(' '))).toEqual([
      '14.1.9 FAILED',
      '14.1.11 FAILED',
      '17.1.1 FAILED',
      '3.2 NON-STRICT',
      '17.3.1 NON-STRICT',
      '14.4.4 UNIMPLEMENTED',
      '7.13.1 INFORMATIONAL',
    ]);
  });

  it('name the section of the standard, unless the text does, or nothing was judged', () => {
    const cases = {
      '1.1.1': reported('FAILED', 'RFC 6455 §6.2', 'Wrong (RFC 6455 §5.4: "…")'),
      '22.1.1': reported('FAILED', 'HTML §9.2.4', 'Repeated event'),
      '23.1.9': reported('INFORMATIONAL', 'HTML §9.2.3', 'The status is 200'),
    };
    expect(linesOf(cases)).toEqual([
      '1.1.1   FAILED         Case of RFC 6455 §6.2: Wrong (RFC 6455 §5.4: "…")',
      '22.1.1  FAILED         Case of HTML §9.2.4: Repeated event (HTML §9.2.4)',
      '23.1.9  INFORMATIONAL  Case of HTML §9.2.3: The status is 200',
    ]);
  });
});
