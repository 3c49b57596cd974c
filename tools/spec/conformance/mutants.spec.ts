import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { STANDARD } from './echo-agent.ts';
import { MUTANTS } from './mutants.ts';
import { notOk, probeAgentClient, probeAgentServer } from './probing.ts';

const ROLES = [
  ['server', probeAgentServer],
  ['client', probeAgentClient],
] as const;
/** Milliseconds to wait for what a mutant does not do. A slow machine can only turn a pass into a failure, and no mutant passes. */
const WAIT = 500;
/** Without the cases that take long, and without compression, which the agent does not support. */
const QUICK = selectCases(CATALOGUE, [], ['9', '12', '13']);

describe.each(ROLES)('the prober, with a %s', (role, probe) => {
  it('that follows the standard finds nothing', async () => {
    expect(notOk(await probe(STANDARD, QUICK, 30_000))).toEqual([]);
  }, 120_000);

  it.concurrent.each(MUTANTS.map((mutant) => [mutant.fault, mutant] as const))(
    'that %s catches it with the cases meant for it',
    async (_, mutant) => {
      const { changes, caughtBy, verdict = 'FAILED', isClosing = false } = mutant;
      const cases = CATALOGUE.filter(({ id }) => caughtBy.includes(id));
      expect(cases).toHaveLength(caughtBy.length);
      const results = await probe({ ...STANDARD, ...changes }, cases, WAIT);
      const verdicts = results.map((result) => [result.id, isClosing ? result.closeVerdict : result.verdict]);
      expect(Object.fromEntries(verdicts)).toEqual(Object.fromEntries(caughtBy.map((id) => [id, verdict])));
      // Each result says what was wrong.
      for (const { text } of results) expect(text).not.toBe('');
    },
  );

  it('has enough mutants', () => {
    expect(MUTANTS.length, role).toBeGreaterThanOrEqual(40);
  });
});
