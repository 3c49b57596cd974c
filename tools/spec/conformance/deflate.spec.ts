import { describe } from 'vitest';
import { DEFLATE_TRIALS } from '../../src/conformance/self-test/deflate-trials.ts';
import { testTrials } from './test-trials.ts';

describe.each(['WebSocket server', 'WebSocket client'] as const)('the cases of permessage-deflate for a %s', (role) => {
  testTrials(
    DEFLATE_TRIALS.filter(({ kind }) => kind === role),
    'an agent',
  );
});
