import { expect, it } from 'vitest';
import { judgeScenario } from './judge-scenario.ts';
import { KNOWN_SCENARIOS } from './known-scenarios.ts';

/** The build that the project makes. */
const PACKAGE = new URL('../../dist/index.js', import.meta.url).href;

it.each(Object.entries(KNOWN_SCENARIOS))('memory is counted, and others are served: %s', async (_name, scenario) => {
  expect(await judgeScenario(scenario, PACKAGE)).toEqual([]);
});
