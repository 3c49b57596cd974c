import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { STANDARD } from './echo-agent.ts';
import { MUTANTS } from './mutants.ts';
import { notOk, probeAgentClient, probeAgentServer } from './probing.ts';
import { behaviourOf, RIGHT_AGENTS } from './right-agents.ts';

const ROLES = [
  ['server', probeAgentServer],
  ['client', probeAgentClient],
] as const;
/** Time limit of a case in milliseconds. A mutant must fail these cases, so a slow machine cannot change a verdict. */
const WAIT = 500;
/** The same for a mutant that is NON-STRICT: it must do something in time. Only one that is late takes all of it. */
const LONG_WAIT = 3000;
/** All cases except slow ones and those of compression, which the agent does not support. */
const QUICK = selectCases(CATALOGUE, [], ['9', '12', '13', '18']);

describe.each(ROLES)('the cases for a %s', (role, probe) => {
  it('are all passed by an agent that follows the standard', async () => {
    expect(notOk(await probe(STANDARD, QUICK, 30_000))).toEqual([]);
  }, 120_000);

  it.concurrent.each(RIGHT_AGENTS.map((agent) => [agent.habit, agent] as const))(
    'are all passed by an agent that %s',
    async (_, agent) => {
      expect(notOk(await probe(behaviourOf(agent), QUICK, 30_000))).toEqual([]);
    },
    120_000,
  );

  it.concurrent.each(MUTANTS.map((mutant) => [mutant.fault, mutant] as const))(
    'find an agent that %s',
    async (_, mutant) => {
      const { changes, caughtBy, verdict = 'FAILED', isClosing = false } = mutant;
      const cases = CATALOGUE.filter(({ id }) => caughtBy.includes(id));
      expect(cases).toHaveLength(caughtBy.length);
      const limit = verdict === 'FAILED' ? WAIT : LONG_WAIT;
      const results = await probe({ ...STANDARD, ...changes }, cases, limit);
      const verdicts = results.map((result) => [result.id, isClosing ? result.closeVerdict : result.verdict]);
      expect(Object.fromEntries(verdicts)).toEqual(Object.fromEntries(caughtBy.map((id) => [id, verdict])));
      // Each result describes the failure.
      for (const { text } of results) expect(text).not.toBe('');
    },
  );

  it('are tested with at least 40 mutants', () => {
    expect(MUTANTS.length, role).toBeGreaterThanOrEqual(40);
  });
});
