import { configureGlobal } from 'fast-check';

/** Runs of each property. `npm run fuzz` sets more. A failure prints its seed, which repeats it. */
const DEFAULT_RUNS = 200;

const { FUZZ_RUNS, FUZZ_SEED } = process.env;
configureGlobal({
  numRuns: FUZZ_RUNS === undefined ? DEFAULT_RUNS : Number(FUZZ_RUNS),
  ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
});
