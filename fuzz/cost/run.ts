/**
 * Attacks servers and clients with hostile traffic for some time: `npm run fuzz -- --cost --seconds 600`. Options:
 *
 * - `--seed N`: repeats an earlier run, starting with the scenario of this seed.
 * - `--scenario JSON`: runs one scenario.
 * - `--known`: runs the scenarios that failed in earlier versions.
 * - `--package FILE`: tests another built package.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import buildIfOutdated from '../../spec/support/current-build.ts';
import { scenarioOf } from './generate.ts';
import { judgeScenario } from './judge-scenario.ts';
import { KNOWN_SCENARIOS } from './known-scenarios.ts';
import type { Finding } from './properties.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';

export interface CostOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly scenario: string | undefined;
  readonly known: boolean;
  readonly package: string | undefined;
}

/** Resolves with true if all properties hold. */
export async function fuzzCost(options: CostOptions): Promise<boolean> {
  if (options.package === undefined) buildIfOutdated();
  else if (!existsSync(options.package)) throw new Error(`--package must be a file; received ${options.package}`);
  const packageUrl = pathToFileURL(
    resolve(options.package ?? fileURLToPath(new URL('../../dist/index.js', import.meta.url))),
  ).href;

  let failures = 0;
  let count = 0;
  for (const [name, scenario] of scenarios(options)) {
    count++;
    const findings = await judgeScenario(scenario, packageUrl);
    if (options.known) console.log(`${findings.length === 0 ? 'held   ' : 'FAILED '} ${name}`);
    if (findings.length === 0) continue;
    failures++;
    if (!options.known) console.log(`FAILED  ${name}`);
    for (const { property, text } of findings) console.log(`  ${property}: ${text}`);
    if (!options.known) await printSmallest(scenario, findings, packageUrl);
  }
  const isRandom = !options.known && options.scenario === undefined;
  const repeat = `; to repeat them: npm run fuzz -- --cost --seconds ${options.seconds} --seed ${options.seed}`;
  console.log(`Scenarios: ${count}, failed: ${failures}${isRandom ? repeat : ''}`);
  return failures === 0;
}

function* scenarios({ seconds, seed, scenario, known }: CostOptions): Iterable<[string, Scenario]> {
  if (known) yield* Object.entries(KNOWN_SCENARIOS);
  else if (scenario !== undefined) yield ['the scenario', parseScenario(scenario)];
  else {
    console.log(`The first seed: ${seed}`);
    const end = performance.now() + seconds * 1000;
    for (let next = seed; next === seed || performance.now() < end; next++) {
      yield [`npm run fuzz -- --cost --seconds 1 --seed ${next}`, scenarioOf(next)];
    }
  }
}

const ENDPOINTS: readonly Scenario['endpoint'][] = [
  'WebSocket server',
  'WebSocket client',
  'event streams',
  'EventSource',
  'EventParser',
  'EventParserStream',
];

/** @throws Error if the text is not a scenario */
function parseScenario(text: string): Scenario {
  const scenario = JSON.parse(text) as Scenario;
  if (ENDPOINTS.includes(scenario.endpoint)) return scenario;
  throw new Error(`endpoint must be one of ${ENDPOINTS.join(', ')}; received ${scenario.endpoint}`);
}

async function printSmallest(scenario: Scenario, findings: readonly Finding[], packageUrl: string): Promise<void> {
  const smallest = await shrink(scenario, findings, (candidate) => judgeScenario(candidate, packageUrl, 1));
  console.log(`  npm run fuzz -- --cost --scenario '${JSON.stringify(smallest)}'`);
}
