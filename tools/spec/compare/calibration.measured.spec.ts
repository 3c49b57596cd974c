import { describe, expect, it, onTestFinished } from 'vitest';
import { type Terms, termsOf } from '../../src/compare/exchange-terms.ts';
import { measureExchanges } from '../../src/compare/scenes/exchange.ts';
import { measurePushes } from '../../src/compare/scenes/latency.ts';
import { selfSignedCertificate } from '../../src/compare/self-signed-certificate.ts';
import { median } from '../../src/compare/statistics.ts';
import { TECHNIQUES } from '../../src/compare/technique.ts';
import { type Conditions, TestBed } from '../../src/compare/test-bed.ts';

/** Milliseconds that a busy machine sometimes adds. */
const TOLERANCE = 15;
const HOLD = 50;
const DELAY = 40;

async function set(conditions: Partial<Conditions>): Promise<TestBed> {
  const testBed = await TestBed.start({ certificate: selfSignedCertificate(), hold: 0, delay: 0, ...conditions });
  onTestFinished(() => testBed.stop());
  return testBed;
}

/** The medians of the terms of several exchanges, by technique. */
async function measureTerms(conditions: Partial<Conditions>): Promise<Terms[]> {
  const testBed = await set(conditions);
  return Promise.all(
    TECHNIQUES.map(async (technique) => {
      const options = { ...testBed.target(technique, '/'), keepsConnection: true };
      const terms = (await measureExchanges(testBed, options, 5)).map(termsOf);
      const names = Object.keys(terms[0]!) as (keyof Terms)[];
      return Object.fromEntries(names.map((name) => [name, median(terms.map((one) => one[name]))])) as unknown as Terms;
    }),
  );
}

/** Expects each term to have grown by the given milliseconds; by 0 where none are given. */
async function expectGrowth(conditions: Partial<Conditions>, growth: Partial<Terms>): Promise<void> {
  const [without, grown] = [await measureTerms({}), await measureTerms(conditions)];
  for (const index of TECHNIQUES.keys()) {
    for (const [name, value] of Object.entries(grown[index]!)) {
      const term = name as keyof Terms;
      const difference = value - without[index]![term];
      expect(Math.abs(difference - (growth[term] ?? 0)), `${TECHNIQUES[index]}, ${term}`).toBeLessThan(TOLERANCE);
    }
  }
}

// Other load may disturb a measurement. An error of the instrument shows in each.
describe('the instrument', { retry: 3 }, () => {
  it(`shows a delay of ${HOLD} ms in the server as P, and nowhere else`, async () => {
    await expectGrowth({ hold: HOLD }, { P: HOLD, T: HOLD });
  });

  it(`shows a network of ${DELAY} ms as R each way, and as two round trips in C`, async () => {
    await expectGrowth({ delay: DELAY }, { C: 4 * DELAY, 'R up': DELAY, 'R down': DELAY, T: 6 * DELAY });
  });

  it('shows both in the latency of pushes', async () => {
    const load = { bytes: 1024, count: 100, rate: 200 };
    const measure = async (conditions: Partial<Conditions>): Promise<{ P: number; R: number }[]> => {
      const testBed = await set(conditions);
      for (const technique of TECHNIQUES) await testBed.client.call('connect', testBed.target(technique, '/'));
      const pushes = await measurePushes(testBed, load);
      return TECHNIQUES.map((technique) => {
        const own = pushes.filter((push) => push.technique === technique);
        return { P: median(own.map(({ P }) => P)), R: median(own.map(({ R }) => R)) };
      });
    };
    const [without, both] = [await measure({}), await measure({ hold: HOLD, delay: DELAY })];
    for (const index of TECHNIQUES.keys()) {
      expect(Math.abs(both[index]!.P - without[index]!.P - HOLD)).toBeLessThan(TOLERANCE);
      expect(Math.abs(both[index]!.R - without[index]!.R - DELAY)).toBeLessThan(TOLERANCE);
    }
  });
});
