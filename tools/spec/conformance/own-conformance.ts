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
/** The cases of UTF-8, which are half of the others. */
const isUtf8 = ({ id }: ConformanceCase): boolean => /^(6|17\.2)\./.test(id);

type Role = 'server' | 'client';

/** The long messages of `npm test`: text and binary data, whole, in fragments and in small writes, each in one of the roles. */
const LONG: Readonly<Record<Role, readonly string[]>> = {
  server: ['9.1.4', '9.3.2', '9.4.7', '9.6.2'],
  client: ['9.2.4', '9.4.1', '9.3.9', '9.5.2'],
};
/** Each role has one of this many cases with many messages. It is prime to the number of sizes, so that each kind has several sizes. */
const MESSAGES_SHARE = 5;

/**
 * The cases of this run. `npm test` runs some cases with long messages, some with many messages, which are shortened, and all
 * others; server and client take turns with these, and with the cases of UTF-8. A full run has only the cases with long or many
 * messages and the cases of UTF-8 of its part, with all messages.
 */
export function casesOf(role: Role): readonly ConformanceCase[] {
  if (isFullRun) {
    return CATALOGUE.filter(({ id }) => isDue(id)).flatMap((one) =>
      isLong(one) || isUtf8(one) ? one : (one.withMessages?.(() => ALL_MESSAGES) ?? []),
    );
  }
  const turn = role === 'server' ? 0 : 1;
  return CATALOGUE.filter((one, index) => {
    if (isLong(one)) return LONG[role].includes(one.id);
    if (one.withMessages !== undefined) return index % MESSAGES_SHARE === turn;
    return !isUtf8(one) || index % 2 === turn;
  }).map(shortened);
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
