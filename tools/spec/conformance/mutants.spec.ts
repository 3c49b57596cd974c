import { describe, expect, it } from 'vitest';
import { isFullRun } from '../../../spec/support/full-run.ts';
import { ECHO_TRIALS } from '../../src/conformance/self-test/echo-trials.ts';
import { shareCases } from './shared-cases.ts';
import { testTrials } from './test-trials.ts';

const ROLES = ['WebSocket server', 'WebSocket client'] as const;

/** The cases of UTF-8, which are half of all. */
const isUtf8 = (id: string): boolean => /^(6|17\.2)\./.test(id);

describe.each(ROLES)('the cases for a %s', (role) => {
  const trials = ECHO_TRIALS.filter(({ kind }) => kind === role);
  const faulty = trials.filter(({ isFaulty }) => isFaulty);
  // Each right agent runs in one role; the full run has both.
  const right = trials
    .filter(({ isFaulty }) => !isFaulty)
    .filter((_trial, index) => isFullRun || index % ROLES.length === ROLES.indexOf(role));
  testTrials([...right, ...faulty], 'an agent', shareCases(right, isUtf8));

  it('are tested with at least 40 mutants', () => {
    expect(faulty.length).toBeGreaterThanOrEqual(40);
  });
});
