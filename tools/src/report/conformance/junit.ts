import { overall, type Report, type UntestedServer } from '../../conformance/report.ts';
import { groupOf } from '../../conformance/selection.ts';
import { escapeMarkup } from '../escape-markup.ts';

/**
 * The report as JUnit XML, which build servers read: a suite for each agent, with a failure for each FAILED case, and a suite with an
 * error for each server whose cases did not all run.
 */
export function junitOf(report: Report, untested: readonly UntestedServer[] = []): string {
  const suites = Object.entries(report).map(([agent, cases]) => {
    const entries = Object.entries(cases);
    const tests = entries.map(([id, reported]) => {
      const verdict = overall(reported);
      const name = escapeMarkup(`${id} ${reported.title}`);
      const attributes = `classname="conformance.${groupOf(id)}" name="${name}" time="${reported.duration / 1000}"`;
      if (verdict === 'FAILED') {
        const failure = `<failure message="${escapeMarkup(reported.text)}">${escapeMarkup(reported.section)}</failure>`;
        return `    <testcase ${attributes}>${failure}</testcase>`;
      }
      if (verdict === 'UNIMPLEMENTED') return `    <testcase ${attributes}><skipped/></testcase>`;
      return `    <testcase ${attributes}/>`;
    });
    const count = (verdict: string): number => entries.filter(([, reported]) => overall(reported) === verdict).length;
    const counts = `tests="${entries.length}" failures="${count('FAILED')}" skipped="${count('UNIMPLEMENTED')}"`;
    return [`  <testsuite name="${escapeMarkup(agent)}" ${counts}>`, ...tests, '  </testsuite>'].join('\n');
  });
  const errors = untested.map(({ name, reason, isPartlyTested }) => {
    const error = `<error message="${escapeMarkup(reason)}"/>`;
    return [
      `  <testsuite name="${escapeMarkup(name)}" tests="1" failures="0" errors="1" skipped="0">`,
      `    <testcase classname="conformance" name="${isPartlyTested ? 'All cases have a result' : 'The cases can run'}">${error}</testcase>`,
      '  </testsuite>',
    ].join('\n');
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, ...errors, '</testsuites>', ''].join(
    '\n',
  );
}
