import { describe, expect, it } from 'vitest';
import { isDue } from '../../../spec/support/full-run.ts';
import { ECHO_TRIALS } from '../../src/conformance/self-test/echo-trials.ts';
import { testTrials } from './test-trials.ts';

const ROLES = ['WebSocket server', 'WebSocket client'] as const;

/** Each right agent runs in one role; the full run has both. */
const isTried = (habit: string, index: number, role: (typeof ROLES)[number]): boolean =>
  index % ROLES.length === ROLES.indexOf(role) || isDue(`${role}: ${habit}`);

describe.each(ROLES)('the cases for a %s', (role) => {
  const trials = ECHO_TRIALS.filter(({ kind }) => kind === role);
  const faulty = trials.filter(({ isFaulty }) => isFaulty);
  const right = trials.filter(({ isFaulty }) => !isFaulty);
  testTrials([...right.filter(({ habit }, index) => isTried(habit, index, role)), ...faulty], 'an agent');

  it('are tested with at least 40 mutants', () => {
    expect(faulty.length).toBeGreaterThanOrEqual(40);
  });
});
