import { describe, expect, it } from 'vitest';
import { isDue, isFullRun } from '../../../spec/support/full-run.ts';
import { ECHO_TRIALS } from '../../src/conformance/self-test/echo-trials.ts';
import { shareCases } from './shared-cases.ts';
import { testTrials } from './test-trials.ts';

const ROLES = ['WebSocket server', 'WebSocket client'] as const;

/** The cases of UTF-8, which are half of all. */
const isUtf8 = (id: string): boolean => /^(6|17\.2)\./.test(id);

const STANDARD = 'follows the standard';
/** The cases are this many times those that the agent without habits runs: pushwire itself runs them, too. */
const STANDARD_SHARE = 3;

const faultsOf = (role: string): string[] =>
  ECHO_TRIALS.filter(({ kind, isFaulty }) => isFaulty && kind === role).map(({ habit }) => habit);
const IN_BOTH_ROLES = faultsOf(ROLES[0]).filter((habit) => faultsOf(ROLES[1]).includes(habit));

describe.each(ROLES)('the cases for a %s', (role) => {
  const trials = ECHO_TRIALS.filter(({ kind }) => kind === role);
  const faulty = trials.filter(({ isFaulty }) => isFaulty);
  // Each right agent, and each faulty one that exists in both roles, runs in one role; the full run has both.
  const hasTurn = (index: number): boolean => isFullRun || index % ROLES.length === ROLES.indexOf(role);
  const right = trials.filter(({ isFaulty }) => !isFaulty).filter((_trial, index) => hasTurn(index));
  const mutants = faulty.filter(({ habit }) => !IN_BOTH_ROLES.includes(habit) || hasTurn(IN_BOTH_ROLES.indexOf(habit)));
  const share = shareCases(right, isUtf8);
  testTrials([...right, ...mutants], 'an agent', (trial) => {
    if (trial.habit !== STANDARD) return share(trial);
    if (isFullRun) return isDue(`${role}: ${STANDARD}`) ? trial.cases : [];
    return trial.cases.filter((_id, index) => index % STANDARD_SHARE === 0);
  });

  it('are tested with at least 40 mutants', () => {
    expect(faulty.length).toBeGreaterThanOrEqual(40);
  });
});
