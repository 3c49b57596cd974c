import { describe } from 'vitest';
import { DEFLATE_TRIALS } from '../../src/conformance/self-test/deflate-trials.ts';
import { shareCases } from './shared-cases.ts';
import { testTrials } from './test-trials.ts';

describe.each(['WebSocket server', 'WebSocket client'] as const)('the cases of permessage-deflate for a %s', (role) => {
  const trials = DEFLATE_TRIALS.filter(({ kind }) => kind === role);
  // The agent that compresses each message has the same cases, all of them.
  const repeated = trials.filter(({ habit }) => habit === 'compresses only every second message');
  testTrials(trials, 'an agent', shareCases(repeated));
});
