import { ALL_CASES } from '../../conformance/catalogue.ts';
import type { Described } from '../../conformance/report.ts';
import { selectCases } from '../../conformance/selection.ts';
import { type Outcome, runSelfTest, selectTrials } from '../../conformance/self-test/self-test.ts';
import { align } from '../../report/text-table.ts';
import { printable } from '../../terminal/printable.ts';
import { hideProgress, showProgress } from '../../terminal/progress-bar.ts';
import { endNow, onInterruption } from './interruption.ts';
import { noCaseMatches } from './select.ts';

/** Tests the tester: runs agents that are faulty, and agents that are right and unusual. Prints a table. */
export async function selfTest(
  only: readonly string[],
  exclude: readonly string[],
  concurrency: number,
): Promise<void> {
  const trials = selectTrials(selectCases<Described>(ALL_CASES, only, exclude).map(({ id }) => id));
  if (trials.length === 0) throw noCaseMatches();
  const outcomes: Outcome[] = [];
  onInterruption(async () => {
    hideProgress();
    print(outcomes);
    console.error(`pushwire: Interrupted. ${outcomes.length} of ${trials.length} agents have run`);
  });
  await runSelfTest(trials, concurrency, (outcome) => {
    outcomes.push(outcome);
    showProgress(outcomes.length, trials.length, outcome.trial.habit);
  });
  hideProgress();
  print(outcomes);
  endNow(outcomes.every(({ wrong }) => wrong.length === 0) ? 0 : 1);
}

const KINDS = ['WebSocket server', 'WebSocket client', 'event stream server', 'event stream client'] as const;

function print(outcomes: readonly Outcome[]): void {
  const countOf = (of: readonly Outcome[], isFaulty: boolean): string[] => {
    const all = of.filter(({ trial }) => trial.isFaulty === isFaulty);
    return [String(all.filter(({ wrong }) => wrong.length === 0).length), 'of', String(all.length)];
  };
  const row = (name: string, of: readonly Outcome[]): string[] => [
    name,
    countOf(of, true).join(' '),
    countOf(of, false).join(' '),
  ];
  const rows = KINDS.map((kind) => [kind, outcomes.filter(({ trial }) => trial.kind === kind)] as const)
    .filter(([, of]) => of.length > 0)
    .map(([kind, of]) => row(`${kind}s`, of));
  const table = [['agents', 'faulty: detected', 'correct: passed'], ...rows, row('all', outcomes)];
  console.log(align(table, (_cell, column) => column > 0).join('\n'));
  for (const { trial, wrong } of outcomes) {
    if (wrong.length === 0) continue;
    const verdict = trial.isFaulty ? 'was not detected' : 'did not pass';
    console.log(`\nThe ${trial.kind} that ${trial.habit} ${verdict}:`);
    for (const one of wrong) console.log(printable(`  ${one}`));
  }
}
