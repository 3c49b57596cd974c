import { describe, expect, it } from 'vitest';
import { ECHO_TRIALS } from '../../src/conformance/self-test/echo-trials.ts';

describe.each(['WebSocket server', 'WebSocket client'] as const)('the cases for a %s', (role) => {
  const trials = ECHO_TRIALS.filter(({ kind }) => kind === role);
  const named = (isFaulty: boolean) =>
    trials.filter((trial) => trial.isFaulty === isFaulty).map((trial) => [trial.habit, trial] as const);

  it.concurrent.each(named(false))(
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
