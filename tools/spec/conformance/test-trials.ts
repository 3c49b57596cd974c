import { expect, it } from 'vitest';
import type { Trial } from '../../src/conformance/self-test/trial.ts';

/**
 * Defines a test for each trial.
 *
 * @param agent what the trials try, such as `a client`
 * @param casesOf the ids of the cases that a trial runs. Default: all of them. A trial without cases has no test
 */
export function testTrials(
  trials: readonly Trial[],
  agent: string,
  casesOf: (trial: Trial) => readonly string[] = ({ cases }) => cases,
): void {
  const named = trials.map((trial) => [trial.isFaulty ? 'find' : 'are all passed by', trial.habit, trial] as const);
  it.concurrent.each(named.filter(([, , trial]) => casesOf(trial).length > 0))(
    `%s ${agent} that %s`,
    async (_verb, _habit, trial) => {
      expect(await trial.run(casesOf(trial))).toEqual([]);
    },
    600_000,
  );
  it(`run cases in each trial of ${agent}`, () => {
    expect(trials.filter(({ cases }) => cases.length === 0).map(({ habit }) => habit)).toEqual([]);
  });
}
