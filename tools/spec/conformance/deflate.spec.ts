import { describe } from 'vitest';
import { DEFLATE_TRIALS } from '../../src/conformance/self-test/deflate-trials.ts';
import { shareCases } from './shared-cases.ts';
import { testTrials } from './test-trials.ts';

/** The agents that have all cases, in both roles. */
const WITH_ALL_CASES = ['compresses', 'compresses only every second message'];

const share = shareCases(DEFLATE_TRIALS.filter(({ habit }) => WITH_ALL_CASES.includes(habit)));

describe.each(['WebSocket server', 'WebSocket client'] as const)('the cases of permessage-deflate for a %s', (role) => {
  const trials = DEFLATE_TRIALS.filter(({ kind }) => kind === role);
  testTrials(trials, 'an agent', share);
});
