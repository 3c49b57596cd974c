import { describe, expect, it } from 'vitest';
import { isDue } from '../../../../spec/support/full-run.ts';
import { CLIENT_CATALOGUE, SERVER_CATALOGUE } from '../../../src/conformance/catalogue.ts';
import { runSelfTest, selectTrials, TRIALS } from '../../../src/conformance/self-test/self-test.ts';
import { type Trial, trialOf } from '../../../src/conformance/self-test/trial.ts';
import type { CaseResult, Verdict } from '../../../src/conformance/verdict.ts';
import { refusalOf, runWarm } from '../../support/command.ts';

const resultOf = (id: string, verdict: Verdict, text: string): CaseResult => ({
  id,
  verdict,
  closeVerdict: verdict,
  text,
  duration: 0,
  closeCode: null,
  log: [],
});

/** A trial of the case 1.1.1 whose verdict is given. */
function trial(isFaulty: boolean, verdict: Verdict, text = 'why'): Trial {
  return trialOf({
    kind: 'WebSocket server',
    habit: 'is for this test',
    isFaulty,
    cases: [{ id: '1.1.1' }],
    expected: isFaulty ? { '1.1.1': 'FAILED' } : {},
    probe: (cases) => Promise.resolve(cases.map(({ id }) => resultOf(id, verdict, text))),
  });
}

describe('pushwire conform --self-test', () => {
  // The specs of the cases run each of these trials, too.
  it.runIf(isDue('whole self-test'))(
    'finds all faulty agents, passes all right ones, and exits with 0',
    async () => {
      const { status, output } = await runWarm('conform', '--self-test');
      expect(output).toMatch(/^agents +faulty: detected +correct: passed$/m);
      for (const kind of ['WebSocket servers', 'WebSocket clients', 'event stream servers', 'event stream clients']) {
        expect(output).toMatch(new RegExp(`^${kind} +\\d+ of \\d+ +\\d+ of \\d+$`, 'm'));
      }
      const [faulty, right] = [true, false].map((isFaulty) => TRIALS.filter((one) => one.isFaulty === isFaulty).length);
      expect(output).toMatch(new RegExp(`^all +${faulty} of ${faulty} +${right} of ${right}$`, 'm'));
      expect(status).toBe(0);
      expect(faulty).toBeGreaterThanOrEqual(285);
    },
    120_000,
  );

  it('can be narrowed with --only and --exclude', async () => {
    const { status, output } = await runWarm('conform', '--self-test', '--only', '2.2,2.10', '--exclude', '2.10');
    expect(status).toBe(0);
    expect(output).toMatch(/^WebSocket servers /m);
    expect(output).not.toContain('event stream');
    const refusal = (...args: string[]) => refusalOf('conform', '--self-test', ...args);
    expect(await refusal('--only', '99')).toContain('--only "99" matches no case');
    expect(await refusal('ws://a')).toContain('--self-test cannot be used with a URL; received "ws://a"');
    for (const [option, ...value] of [['json', 'a'], ['with', 'a'], ['serve', '0'], ['thorough'], ['resume']]) {
      expect(await refusal(`--${option}`, ...value)).toBe(`--${option} cannot be used with --self-test`);
    }
  });

  it('selects faulty agents with all their cases, and right agents with the selected ones', () => {
    for (const { trial: one, cases } of selectTrials(['2.3', '6.3.1'])) {
      if (one.isFaulty) expect(cases).toBe(one.cases);
      else expect(cases.every((id) => ['2.3', '6.3.1'].includes(id))).toBe(true);
    }
    expect(selectTrials([])).toEqual([]);
  });

  it.each([
    [trial(true, 'FAILED'), []],
    [trial(true, 'OK', ''), ['1.1.1: expected FAILED; received OK']],
    [trial(true, 'NON-STRICT'), ['1.1.1: expected FAILED; received NON-STRICT: why']],
    [trial(true, 'FAILED', ''), ['1.1.1: the verdict FAILED has no explanation']],
    [trial(false, 'OK', ''), []],
    [trial(false, 'INFORMATIONAL'), []],
    [trial(false, 'NON-STRICT'), ['1.1.1: expected OK; received NON-STRICT, closing NON-STRICT: why']],
    [trial(false, 'FAILED'), ['1.1.1: expected OK; received FAILED, closing FAILED: why']],
    [{ ...trial(true, 'FAILED'), run: () => Promise.reject(new Error('x')) }, ['The agent could not be run: x']],
  ])('reports what is wrong: %#', async (one, wrong) => {
    const seen: unknown[] = [];
    const outcomes = await runSelfTest([{ trial: one, cases: one.cases }], 4, (outcome) => seen.push(outcome));
    expect(outcomes).toEqual([{ trial: one, cases: one.cases, wrong }]);
    expect(seen).toEqual(outcomes);
  });

  it('reports a result that is missing', async () => {
    const one = trialOf({ ...trial(true, 'OK'), cases: [{ id: '1' }], probe: () => Promise.resolve([]) });
    expect(await one.run()).toEqual(['Wrong number of results; expected 1; received 0']);
  });

  it('has agents for every group of WebSocket cases', () => {
    const groups = (ids: readonly string[]) => new Set(ids.map((id) => id.split('.')[0]));
    const all = groups([...SERVER_CATALOGUE, ...CLIENT_CATALOGUE].map(({ id }) => id));
    const faulty = groups(TRIALS.filter(({ isFaulty }) => isFaulty).flatMap(({ cases }) => cases));
    expect([...all].filter((group) => !faulty.has(group))).toEqual([]);
  });
});
