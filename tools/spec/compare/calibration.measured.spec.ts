import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Terms, termsOf } from '../../src/compare/exchange-terms.ts';
import { measureExchanges } from '../../src/compare/scenes/exchange.ts';
import { measurePushes } from '../../src/compare/scenes/latency.ts';
import { selfSignedCertificate } from '../../src/compare/self-signed-certificate.ts';
import { TECHNIQUES } from '../../src/compare/technique.ts';
import { type Conditions, TestBed } from '../../src/compare/test-bed.ts';

/** Tolerance in milliseconds for a busy machine. */
const TOLERANCE = 15;
const HOLD = 50;
const DELAY = 40;

const start = (conditions: Partial<Conditions>): Promise<TestBed> =>
  TestBed.start({ certificate: selfSignedCertificate(), hold: 0, delay: 0, ...conditions });

async function set(conditions: Partial<Conditions>): Promise<TestBed> {
  const testBed = await start(conditions);
  onTestFinished(() => testBed.stop());
  return testBed;
}

/** The processes without delays, with which all others are compared. */
let plain: TestBed;
beforeAll(async () => {
  plain = await start({});
});
afterAll(() => plain.stop());

/** The minimum and maximum number of rounds. A busy machine needs more. */
const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 40;

/**
 * The minimum of each term over several exchanges, by technique. Other load on the machine can only add time, but an error of
 * the instrument affects every exchange.
 */
class LeastTerms {
  readonly byTechnique: Partial<Record<keyof Terms, number>>[] = TECHNIQUES.map(() => ({}));
  readonly #testBed: TestBed;

  constructor(testBed: TestBed) {
    this.#testBed = testBed;
  }

  /** Measures one more exchange of each technique. */
  async measure(): Promise<void> {
    for (const [index, technique] of TECHNIQUES.entries()) {
      const options = { ...this.#testBed.target(technique, '/'), keepsConnection: true };
      const [exchange] = await measureExchanges(this.#testBed, options, 1);
      const least = this.byTechnique[index]!;
      for (const [name, value] of Object.entries(termsOf(exchange!))) {
        const term = name as keyof Terms;
        least[term] = Math.min(value, least[term] ?? Number.POSITIVE_INFINITY);
      }
    }
  }
}

/** Expects each term to grow by the given milliseconds. Terms that are not given must not grow. */
async function expectGrowth(conditions: Partial<Conditions>, growth: Partial<Terms>): Promise<void> {
  const [without, grown] = [plain, await set(conditions)].map((testBed) => new LeastTerms(testBed));
  let wrong: string[] = [];
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    await Promise.all([without!.measure(), grown!.measure()]);
    wrong = TECHNIQUES.flatMap((technique, index) =>
      Object.entries(grown!.byTechnique[index]!).flatMap(([name, value]) => {
        const term = name as keyof Terms;
        const difference = value - without!.byTechnique[index]![term]!;
        const isRight = Math.abs(difference - (growth[term] ?? 0)) < TOLERANCE;
        return isRight ? [] : [`${technique}, ${term} grew by ${difference} ms`];
      }),
    );
    if (wrong.length === 0 && round >= LEAST_ROUNDS) break;
  }
  expect(wrong).toEqual([]);
}

// The tests retry: other load can distort one measurement, but an error of the instrument distorts every one.
describe('the instrument', { retry: 3, timeout: 180_000 }, () => {
  it(`shows a server delay of ${HOLD} ms only in P`, async () => {
    await expectGrowth({ hold: HOLD }, { P: HOLD, T: HOLD });
  });

  it(`shows a network delay of ${DELAY} ms once in each R, and as two round trips in C`, async () => {
    await expectGrowth({ delay: DELAY }, { C: 4 * DELAY, 'R up': DELAY, 'R down': DELAY, T: 6 * DELAY });
  });

  it('shows both delays in the latency of pushes', async () => {
    const load = { bytes: 1024, count: 100, rate: 200 };
    const measure = async (testBed: TestBed): Promise<{ P: number; R: number }[]> => {
      for (const technique of TECHNIQUES) await testBed.client.call('connect', testBed.target(technique, '/'));
      const pushes = await measurePushes(testBed, load);
      await testBed.client.call('disconnect', undefined);
      return TECHNIQUES.map((technique) => {
        const own = pushes.filter((push) => push.technique === technique);
        return { P: Math.min(...own.map(({ P }) => P)), R: Math.min(...own.map(({ R }) => R)) };
      });
    };
    const [without, both] = await Promise.all([measure(plain), set({ hold: HOLD, delay: DELAY }).then(measure)]);
    for (const index of TECHNIQUES.keys()) {
      expect(Math.abs(both[index]!.P - without[index]!.P - HOLD)).toBeLessThan(TOLERANCE);
      expect(Math.abs(both[index]!.R - without[index]!.R - DELAY)).toBeLessThan(TOLERANCE);
    }
  });
});
