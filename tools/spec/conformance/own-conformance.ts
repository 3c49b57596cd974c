import { readFileSync } from 'node:fs';
import { isDue, isFullRun } from '../../../spec/support/full-run.ts';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import type { CaseResult } from '../../src/conformance/verdict.ts';
import type { ConformanceCase } from '../../src/conformance/websocket/case.ts';

/** The expected verdicts, by id. Cases that are not listed must be OK. */
export const EXPECTED: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('expected.json', import.meta.url), 'utf8'),
);

/** Time limit of a case in milliseconds. On a busy machine, an agent can answer late. */
export const TIME_LIMIT = 60_000;

/** Cases 9.3.1 and 9.4.1 send 65,536 fragments, which is more than the default of `maxFragments`. */
export const MAX_FRAGMENTS = 65_536;

/** The number of bytes in a shortened case, and the minimum and maximum number of messages. */
const BYTES = 32 * 1024;
const [LEAST, MOST] = [2, 25];

/** Shortens a case with many messages to 2 large or 25 small ones. Returns other cases unchanged. */
export function shortened(one: ConformanceCase): ConformanceCase {
  return one.withMessages?.((size) => Math.min(MOST, Math.max(LEAST, Math.floor(BYTES / size)))) ?? one;
}

/** The number of messages in Autobahn's cases. */
const ALL_MESSAGES = 1000;

/** The long messages, whole, in fragments and in small writes. */
const isLong = ({ id }: ConformanceCase): boolean => /^9\.[1-6]\./.test(id);

/**
 * The cases of this run. `npm test` runs all cases, with shortened cases of many messages; server and client take turns with
 * these and with the long messages. A full run has only the cases with many messages of its part, with all of them, and its long messages.
 */
export function casesOf(role: 'server' | 'client'): readonly ConformanceCase[] {
  if (isFullRun) {
    return CATALOGUE.filter(({ id }) => isDue(id)).flatMap((one) =>
      isLong(one) ? one : (one.withMessages?.(() => ALL_MESSAGES) ?? []),
    );
  }
  const turn = role === 'server' ? 0 : 1;
  const isShared = (one: ConformanceCase): boolean => isLong(one) || one.withMessages !== undefined;
  return CATALOGUE.filter((one, index) => !isShared(one) || index % 2 === turn).map(shortened);
}

/** Returns the verdicts that are not OK, in the form of `EXPECTED`. */
export function verdictsOf(results: readonly CaseResult[]): Record<string, string> {
  const verdicts = results.map(({ id, verdict, closeVerdict }) => [id, `${verdict}, closing ${closeVerdict}`]);
  return Object.fromEntries(verdicts.filter(([, verdict]) => verdict !== 'OK, closing OK'));
}

/** Returns the part of `EXPECTED` for these cases. */
export function expectedVerdicts(cases: readonly ConformanceCase[]): Record<string, string> {
  return Object.fromEntries(Object.entries(EXPECTED).filter(([id]) => cases.some((one) => one.id === id)));
}
