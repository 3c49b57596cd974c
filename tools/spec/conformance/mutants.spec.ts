import { describe, expect, it } from 'vitest';
import { isDue } from '../../../spec/support/full-run.ts';
import { ECHO_TRIALS } from '../../src/conformance/self-test/echo-trials.ts';

const ROLES = ['WebSocket server', 'WebSocket client'] as const;

/** Each right agent runs in one role; the full run has both. */
const isTried = (habit: string, index: number, role: (typeof ROLES)[number]): boolean =>
  index % ROLES.length === ROLES.indexOf(role) || isDue(`${role}: ${habit}`);

describe.each(ROLES)('the cases for a %s', (role) => {
  const trials = ECHO_TRIALS.filter(({ kind }) => kind === role);
  const named = (isFaulty: boolean) =>
    trials.filter((trial) => trial.isFaulty === isFaulty).map((trial) => [trial.habit, trial] as const);

  it.concurrent.each(named(false).filter(([habit], index) => isTried(habit, index, role)))(
    'are all passed by an agent that %s',
    async (_, trial) => {
      expect(await trial.run()).toEqual([]);
    },
    120_000,
  );

  it.concurrent.each(named(true))('find an agent that %s', async (_, trial) => {
    expect(trial.cases).not.toEqual([]);
    expect(await trial.run()).toEqual([]);
  });

  it('are tested with at least 40 mutants', () => {
    expect(named(true).length).toBeGreaterThanOrEqual(40);
  });
});
