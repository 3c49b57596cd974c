import { configureGlobal } from 'fast-check';

/** The number of runs of each property. `npm run fuzz` sets more. The report of a failure shows the seed that reproduces it. */
const DEFAULT_RUNS = 60;

const { FUZZ_RUNS, FUZZ_SEED } = process.env;
configureGlobal({
  numRuns: FUZZ_RUNS === undefined ? DEFAULT_RUNS : Number(FUZZ_RUNS),
  ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
});
