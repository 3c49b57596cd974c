/**
 * Runs the property tests for some time: `npm run fuzz -- --seconds 600`. Each round uses a different seed. The last round is
 * completed. `--seed N` repeats the rounds of an earlier run. `--cost` runs fuzz/cost/run.ts instead, which has more options.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { fuzzCost } from './cost/run.ts';

const RUNS_IN_A_ROUND = 500;
const DEFAULT_SECONDS = 20;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    cost: { type: 'boolean', default: false },
    scenario: { type: 'string' },
    known: { type: 'boolean', default: false },
    package: { type: 'string' },
  },
});
const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
const firstSeed = Number(values.seed ?? randomInt(2 ** 31));
if (!(seconds > 0) || !Number.isSafeInteger(firstSeed)) {
  console.error(`--seconds and --seed must be numbers; received ${values.seconds ?? ''} ${values.seed ?? ''}`);
  process.exit(2);
}

if (values.cost) {
  const { scenario, known } = values;
  process.exit((await fuzzCost({ seconds, seed: firstSeed, scenario, known, package: values.package })) ? 0 : 1);
}

const end = performance.now() + seconds * 1000;
process.env.FUZZ_RUNS = String(RUNS_IN_A_ROUND);
for (let round = 0; round === 0 || performance.now() < end; round++) {
  const seed = firstSeed + round;
  process.env.FUZZ_SEED = String(seed);
  console.log(
    `Round ${round + 1}: ${RUNS_IN_A_ROUND} runs of each property. To repeat it: npm run fuzz -- --seed ${seed}`,
  );
  const vitest = await startVitest('test', [], {
    watch: false,
    project: ['fuzz'],
    reporters: ['./spec/support/quiet-reporter.ts'],
  });
  await vitest.close();
  if (process.exitCode === 1) break;
}
