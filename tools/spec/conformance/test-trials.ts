import { expect, it } from 'vitest';
import type { Trial } from '../../src/conformance/self-test/trial.ts';

/**
 * Defines a test for each trial.
 *
 * @param agent what the trials try, such as `a client`
 */
export function testTrials(trials: readonly Trial[], agent: string): void {
  const named = trials.map((trial) => [trial.isFaulty ? 'find' : 'are all passed by', trial.habit, trial] as const);
  it.concurrent.each(named)(
    `%s ${agent} that %s`,
    async (_verb, _habit, trial) => {
      expect(trial.cases).not.toEqual([]);
      expect(await trial.run()).toEqual([]);
    },
    120_000,
  );
}
