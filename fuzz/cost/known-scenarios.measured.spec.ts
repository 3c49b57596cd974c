import { expect, it } from 'vitest';
import { belongsToRun } from '../../spec/support/full-run.ts';
import { judgeScenario } from './judge-scenario.ts';
import { KNOWN_SCENARIOS } from './known-scenarios.ts';

/** The built package. */
const PACKAGE = new URL('../../dist/index.js', import.meta.url).href;

/**
 * The scenarios of `npm test`: received messages, sent ones, and event streams. Specs of spec/ measure what compressed messages
 * and the EventParser cost. A full run has all scenarios.
 */
const SHORT_RUN: readonly string[] = [
  'one-byte fragments with many pongs in between, sent to a server',
  'one-byte broadcasts to peers that do not read',
  'event streams on pipelined requests',
];

const scenarios = Object.entries(KNOWN_SCENARIOS).filter(([name]) => belongsToRun(name, SHORT_RUN.includes(name)));

it.runIf(scenarios.length > 0).each(scenarios)(
  'counts its memory and serves other connections under attack by %s',
  async (_name, scenario) => {
    expect(await judgeScenario(scenario, PACKAGE)).toEqual([]);
  },
);

it('the short run names scenarios that exist', () => {
  for (const name of SHORT_RUN) expect(KNOWN_SCENARIOS).toHaveProperty([name]);
});
