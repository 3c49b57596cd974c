import { isDue } from '../../../spec/support/full-run.ts';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import type { ConformanceCase } from '../../src/conformance/websocket/case.ts';
import { compressionCases } from '../../src/conformance/websocket/cases/12-compression.ts';

/** Bytes in a short case of compression, and its number of messages. */
const BYTES = 128 * 1024;
const [LEAST, MOST] = [2, 50];

const short = new Map(
  compressionCases((size) => Math.min(MOST, Math.max(LEAST, Math.floor(BYTES / size)))).map((one) => [one.id, one]),
);

/** The case with fewer messages if it is one of compression: 50 small ones or 2 large ones instead of 1,000. */
export function shortened(one: ConformanceCase): ConformanceCase {
  return short.get(one.id) ?? one;
}

/** Cases that take long: the limits and performance of group 9, and compression with 1,000 messages. */
const isLong = ({ id }: ConformanceCase): boolean => /^(9|12|13)\./.test(id);

/**
 * The catalogue of a run: by default each case once, without group 9 and with compression shortened; in a full run, also the
 * long cases, or those of its part.
 */
export const CASES: readonly ConformanceCase[] = CATALOGUE.flatMap((one) => {
  if (!isLong(one) || isDue(one.id)) return [one];
  return short.has(one.id) ? [shortened(one)] : [];
});
