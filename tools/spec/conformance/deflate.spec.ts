import { describe, expect, it } from 'vitest';
import { DEFLATE_TRIALS } from '../../src/conformance/self-test/deflate-trials.ts';

describe.each(['WebSocket server', 'WebSocket client'] as const)('the cases of permessage-deflate for a %s', (role) => {
  const named = (isFaulty: boolean) =>
    DEFLATE_TRIALS.filter((trial) => trial.kind === role && trial.isFaulty === isFaulty).map(
      (trial) => [trial.habit, trial] as const,
    );

  it.concurrent.each(named(false))(
    'are all passed by an agent that %s',
    async (_, trial) => {
      expect(await trial.run()).toEqual([]);
    },
    120_000,
  );

  it.concurrent.each(named(true))('find an agent that %s', async (_, trial) => {
    expect(trial.cases).not.toEqual([]);
    expect(await trial.run()).toEqual([]);
  });
});
