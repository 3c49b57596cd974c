import { readFileSync } from 'node:fs';
import { isDue, isFullRun } from '../../../spec/support/full-run.ts';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import type { CaseResult } from '../../src/conformance/verdict.ts';
import type { ConformanceCase } from '../../src/conformance/websocket/case.ts';
import { compressionCases } from '../../src/conformance/websocket/cases/12-compression.ts';

/** Both verdicts, by id. A case that is not listed is OK in both. */
export const EXPECTED: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('expected.json', import.meta.url), 'utf8'),
);

/** Milliseconds. On a busy machine, an agent may answer late. */
export const TIME_LIMIT = 60_000;

/** Cases 9.3.1 and 9.4.1 send 65,536 fragments, which is more than the default of `maxFragments`. */
export const MAX_FRAGMENTS = 65_536;

/** Bytes in a short case of compression, and its number of messages. */
const BYTES = 64 * 1024;
const [LEAST, MOST] = [2, 50];

const short = new Map(
  compressionCases((size) => Math.min(MOST, Math.max(LEAST, Math.floor(BYTES / size)))).map((one) => [one.id, one]),
);

/** A case of compression with fewer messages: 50 small ones or 2 large ones instead of 1,000. Other cases as they are. */
export function shortened(one: ConformanceCase): ConformanceCase {
  return short.get(one.id) ?? one;
}

/**
 * The cases of this run: in `npm test` all, those of compression shortened. A full run has those of compression with all
 * their messages, or those of its part.
 */
export const CASES: readonly ConformanceCase[] = isFullRun
  ? CATALOGUE.filter(({ id }) => short.has(id) && isDue(id))
  : CATALOGUE.map(shortened);

/** The verdicts that are not OK, in the form of `EXPECTED`. */
export function verdictsOf(results: readonly CaseResult[]): Record<string, string> {
  const verdicts = results.map(({ id, verdict, closeVerdict }) => [id, `${verdict}, closing ${closeVerdict}`]);
  return Object.fromEntries(verdicts.filter(([, verdict]) => verdict !== 'OK, closing OK'));
}

/** What `EXPECTED` says about the cases of this run. */
export function expectedVerdicts(): Record<string, string> {
  return Object.fromEntries(Object.entries(EXPECTED).filter(([id]) => CASES.some((one) => one.id === id)));
}
