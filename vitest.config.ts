import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { browserIsAsked } from './spec/support/announce.ts';
import { findChromium } from './spec/support/external-programs.ts';

const source = (file: string): string => fileURLToPath(new URL(`./src/${file}`, import.meta.url));

/** The command imports the module by its name: here, that is its source. */
const resolve = {
  alias: [
    { find: /^pushwire$/, replacement: source('index.ts') },
    { find: /^pushwire\/wire$/, replacement: source('wire.ts') },
  ],
};

const browser = {
  resolve,
  test: {
    name: 'browser',
    include: ['spec/browser/**/*.spec.ts', 'tools/spec/browser/**/*.spec.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'spec', include: ['spec/**/*.spec.ts'], exclude: ['spec/browser/**'], testTimeout: 20_000 } },
      {
        resolve,
        test: {
          name: 'tools',
          include: ['tools/spec/**/*.spec.ts'],
          exclude: ['tools/spec/browser/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['fuzz/**/*.fuzz.ts'],
          testTimeout: 0,
          setupFiles: ['fuzz/support/settings.ts'],
        },
      },
      ...(findChromium() !== null || browserIsAsked() ? [browser] : []),
    ],
    globalSetup: ['spec/support/announce.ts'],
    reporters: ['default', './spec/support/closing-line.ts'],
    coverage: { provider: 'v8', reporter: ['text'], include: ['src/**/*.ts'] },
  },
});
