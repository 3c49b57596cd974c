import { isDue, isFullRun } from '../../../spec/support/full-run.ts';
import type { Trial } from '../../src/conformance/self-test/trial.ts';

/**
 * Returns a function that returns the cases that a trial runs. The right agents with an unusual habit share those cases that
 * have nothing to do with habits: each runs with one of these agents. The full run has the agents of its part, with all cases.
 *
 * @param isShared whether a case is shared
 */
export function shareCases(
  trials: readonly Trial[],
  isShared: (id: string) => boolean,
): (trial: Trial) => readonly string[] {
  const unusual = trials.filter(({ isFaulty, habit }) => !isFaulty && habit !== 'follows the standard');
  return (trial) => {
    const number = unusual.indexOf(trial);
    if (isFullRun) return number !== -1 && isDue(`${trial.kind}: ${trial.habit}`) ? trial.cases : [];
    if (number === -1) return trial.cases;
    return trial.cases.filter((id, index) => !isShared(id) || index % unusual.length === number);
  };
}
