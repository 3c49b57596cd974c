import { DEFLATE_TRIALS } from './deflate-trials.ts';
import { ECHO_TRIALS } from './echo-trials.ts';
import { HANDSHAKE_TRIALS } from './handshake-trials.ts';
import { STREAM_TRIALS } from './stream-trials.ts';
import type { Trial } from './trial.ts';

/** All agents of the self-test. */
export const TRIALS: readonly Trial[] = [...ECHO_TRIALS, ...DEFLATE_TRIALS, ...HANDSHAKE_TRIALS, ...STREAM_TRIALS];

/** A trial to run, with those of its cases that were selected. */
export interface SelectedTrial {
  readonly trial: Trial;
  readonly cases: readonly string[];
}

/**
 * Returns the trials that have one of these cases. A faulty agent runs all its cases, which together show that it is found; a
 * right agent runs those that are selected.
 */
export function selectTrials(ids: readonly string[]): SelectedTrial[] {
  const selected = new Set(ids);
  return TRIALS.flatMap((trial) => {
    const cases = trial.cases.filter((id) => selected.has(id));
    return cases.length === 0 ? [] : [{ trial, cases: trial.isFaulty ? trial.cases : cases }];
  });
}

/** The outcome of a trial. */
export interface Outcome extends SelectedTrial {
  /** The verdicts that are not as they must be, in words. */
  readonly wrong: readonly string[];
}

/** Runs trials, some at the same time. The outcomes have the order of the trials. */
export async function runSelfTest(
  selected: readonly SelectedTrial[],
  concurrency: number,
  onOutcome: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  // The agents that run most cases start first: the last ones should not be long.
  const order = [...selected.keys()].sort((one, other) => selected[other]!.cases.length - selected[one]!.cases.length);
  const work = async (): Promise<void> => {
    for (let index = order.shift(); index !== undefined; index = order.shift()) {
      const { trial, cases } = selected[index]!;
      const wrong = await trial.run(cases).catch((error: Error) => [`The agent could not be run: ${error.message}`]);
      const outcome = { trial, cases, wrong };
      outcomes[index] = outcome;
      onOutcome(outcome);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return outcomes;
}
