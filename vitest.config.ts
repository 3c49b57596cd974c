import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { findChromium } from './spec/support/external-programs.ts';
import LongestFirst from './spec/support/longest-first.ts';
import { isBrowserRequested } from './spec/support/missing-programs.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The command imports the module by its name: here, that is its source. */
const pushwire = [
  { find: /^pushwire$/, replacement: `${root}src/index.ts` },
  { find: /^pushwire\/wire$/, replacement: `${root}src/wire.ts` },
  { find: /^pushwire\/(hub.*)$/, replacement: `${root}src/$1/index.ts` },
];
/** What is measured is what was built: its processes start without a loader. */
const builtComparison = { find: /^(\.\.\/)+src\/compare\/(.*)\.ts$/, replacement: `${root}tools/dist/compare/$2.js` };

const hasBrowser = findChromium() !== null || isBrowserRequested();

/** These measure time or memory: they run after all others, three files at a time. */
const MEASURED = '**/*.measured.spec.ts';
const BROWSER = ['spec/browser/**/*.spec.ts', 'tools/spec/browser/**/*.spec.ts'];

/** Builds what is missing or outdated. */
const BUILD = 'spec/support/current-build.ts';

/** Files leave nothing behind that another could see, so that one process runs many of them. */
const SHARED = { isolate: false };

const common = {
  // A limit that is never reached costs nothing, and a busy machine needs time.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // Tests that run concurrently mostly wait.
  maxConcurrency: 16,
  // Tests listen for warnings. They are not printed.
  execArgv: ['--no-warnings'],
};

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias: pushwire },
        test: {
          ...common,
          ...SHARED,
          name: 'spec',
          include: ['spec/**/*.spec.ts', 'tools/spec/**/*.spec.ts'],
          exclude: [MEASURED, ...BROWSER],
          globalSetup: [BUILD],
        },
      },
      {
        test: {
          ...common,
          ...SHARED,
          name: 'fuzz',
          include: ['fuzz/**/*.fuzz.ts'],
          testTimeout: 0,
          setupFiles: ['fuzz/support/settings.ts'],
        },
      },
      ...(hasBrowser
        ? [
            {
              resolve: { alias: [builtComparison, ...pushwire] },
              test: {
                ...common,
                ...SHARED,
                name: 'browser',
                include: BROWSER,
                globalSetup: [BUILD, 'spec/support/chromium-server.ts'],
              },
            },
          ]
        : []),
      {
        resolve: { alias: [builtComparison, ...pushwire] },
        test: {
          ...common,
          name: 'measured',
          // Other programs of the machine disturb a measurement now and then. What is wrong fails each time.
          retry: 2,
          include: [`spec/${MEASURED}`, `tools/spec/${MEASURED}`, `fuzz/${MEASURED}`],
          globalSetup: [BUILD],
          // The longest ones mostly wait, and leave a core to the others.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // Three more than there are cores: many tests wait for time to pass, or for another process.
    maxWorkers: availableParallelism() + 3,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['spec/support/missing-programs.ts'],
    reporters: ['./spec/support/quiet-reporter.ts'],
    coverage: { provider: 'v8', reporter: ['text'], include: ['src/**/*.ts'] },
  },
});
