import { describe, expect, it, onTestFinished } from 'vitest';
import { type Terms, termsOf } from '../../src/compare/exchange-terms.ts';
import { measureExchanges } from '../../src/compare/scenes/exchange.ts';
import { measurePushes } from '../../src/compare/scenes/latency.ts';
import { selfSignedCertificate } from '../../src/compare/self-signed-certificate.ts';
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

/** Exchanges of each technique. */
const COUNT = 6;

/**
 * The least of each term of several exchanges, by technique. Other load on the machine only adds time, and an error of the
 * instrument shows in each exchange.
 */
async function measureTerms(conditions: Partial<Conditions>): Promise<Terms[]> {
  const testBed = await set(conditions);
  const measured = TECHNIQUES.map((): Terms[] => []);
  for (let count = 0; count < COUNT; count++) {
    for (const [index, technique] of TECHNIQUES.entries()) {
      const options = { ...testBed.target(technique, '/'), keepsConnection: true };
      measured[index]!.push(...(await measureExchanges(testBed, options, 1)).map(termsOf));
    }
  }
  return measured.map((terms) => {
    const names = Object.keys(terms[0]!) as (keyof Terms)[];
    const least = names.map((name) => [name, Math.min(...terms.map((one) => one[name]))]);
    return Object.fromEntries(least) as unknown as Terms;
  });
}

/** Expects each term to have grown by the given milliseconds; by 0 where none are given. */
async function expectGrowth(conditions: Partial<Conditions>, growth: Partial<Terms>): Promise<void> {
  const [without, grown] = await Promise.all([measureTerms({}), measureTerms(conditions)]);
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
        return { P: Math.min(...own.map(({ P }) => P)), R: Math.min(...own.map(({ R }) => R)) };
      });
    };
    const [without, both] = await Promise.all([measure({}), measure({ hold: HOLD, delay: DELAY })]);
    for (const index of TECHNIQUES.keys()) {
      expect(Math.abs(both[index]!.P - without[index]!.P - HOLD)).toBeLessThan(TOLERANCE);
      expect(Math.abs(both[index]!.R - without[index]!.R - DELAY)).toBeLessThan(TOLERANCE);
    }
  });
});
