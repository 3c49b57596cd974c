import { describe, expect, it } from 'vitest';
import { trialOf } from '../../src/conformance/self-test/trial.ts';

/** A trial of an agent that answers correctly if the tester waits for as long as the factor says. */
function slowAgent(neededPatience: number, attempts: number): { run(): Promise<string[]>; factors: number[] } {
  const factors: number[] = [];
  const trial = trialOf({
    kind: 'WebSocket server',
    habit: 'is slow',
    isFaulty: false,
    cases: [{ id: '1.1.1' }],
    attempts,
    probe: async (_cases, patience) => {
      factors.push(patience);
      const verdict = patience < neededPatience ? 'FAILED' : 'OK';
      return [{ id: '1.1.1', verdict, closeVerdict: 'OK', text: 'No response', duration: 0, closeCode: null, log: [] }];
    },
  });
  return { run: () => trial.run(), factors };
}

describe('a trial', () => {
  it('runs once if nothing is wrong', async () => {
    const { run, factors } = slowAgent(1, 3);
    expect(await run()).toEqual([]);
    expect(factors).toEqual([1]);
  });

  it('repeats a wrong attempt with longer time limits, so that a busy machine does not change its outcome', async () => {
    const { run, factors } = slowAgent(10, 3);
    expect(await run()).toEqual([]);
    expect(factors).toEqual([1, 4, 16]);
  });

  it('reports what is wrong in the last attempt', async () => {
    const { run, factors } = slowAgent(10, 2);
    expect(await run()).toEqual(['1.1.1: expected OK; received FAILED, closing OK: No response']);
    expect(factors).toEqual([1, 4]);
  });
});
