import { describe, expect, it } from 'vitest';
import { badgeOf } from '../../../src/report/conformance/badge.ts';
import { FULL_CASE, OK_CASE, sampleReport } from '../sample-report.ts';

describe('the badge of a conformance report', () => {
  it('counts the cases and the failures of all agents', () => {
    const badge = badgeOf(sampleReport(3));
    expect(badge).toContain('<title>conformance: 2 failures in 9 cases</title>');
    expect(badge).toContain('fill="#cf222e"');
  });

  it('is green without a failure, and counts no case that is not implemented', () => {
    const badge = badgeOf({ agent: { '1.1.1': OK_CASE, '12.1.1': { ...OK_CASE, behavior: 'UNIMPLEMENTED' } } });
    expect(badge).toContain('conformance: no failures in 1 case<');
    expect(badge).toContain('fill="#1a7f37"');
  });

  it('uses the singular, and is gray without a case', () => {
    expect(badgeOf({ agent: { '1.1.1': FULL_CASE } })).toContain('1 failure in 1 case<');
    expect(badgeOf({})).toContain('fill="#6a737d"');
  });

  it('is as wide as its two parts', () => {
    const badge = badgeOf(sampleReport(1));
    const [, total] = /^<svg [^>]*width="(\d+)"/.exec(badge)!;
    const [, left, right] = /<rect width="(\d+)"[^>]*\/><rect x="\1" width="(\d+)"/.exec(badge)!.map(Number);
    expect(left! + right!).toBe(Number(total));
  });
});
