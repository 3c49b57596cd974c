import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slowness } from '../../fuzz/cost/calibration.ts';
import { KNOWN_SCENARIOS } from '../../fuzz/cost/known-scenarios.ts';
import type { Observation } from '../../fuzz/cost/observation.ts';
import { echoBudget, judge } from '../../fuzz/cost/properties.ts';
import { runScenario } from '../../fuzz/cost/run-scenario.ts';
import type { Scenario } from '../../fuzz/cost/scenario.ts';

const PUSHWIRE = new URL('../../dist/index.js', import.meta.url).href;
const peers = new URL('../../bench/peers/', import.meta.url);
const OTHERS = new URL('libraries.js', peers).href;

/** The library that pushwire is compared with, for each endpoint. */
const OTHER: Record<Scenario['endpoint'], string | null> = {
  'WebSocket server': 'ws',
  'WebSocket client': 'ws',
  'event streams': 'better-sse',
  EventSource: 'eventsource',
  EventParser: 'eventsource-parser',
  EventParserStream: null,
};

/** A row of the table: a scenario and its results. */
export interface CostRow {
  readonly title: string;
  readonly pushwire: string;
  readonly other: string;
  readonly passed: boolean;
}

/** Runs the known scenarios of `fuzz/cost` against pushwire and another library. */
export async function* costRows(): AsyncIterable<CostRow> {
  if (!existsSync(new URL('node_modules', peers))) {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--silent'], {
      cwd: fileURLToPath(peers),
    });
  }
  for (const [title, scenario] of Object.entries(KNOWN_SCENARIOS)) {
    // better-sse cannot close a session.
    const name = 'closes' in scenario && scenario.closes ? null : OTHER[scenario.endpoint];
    yield {
      title,
      ...(await ownOutcome(scenario)),
      other: name === null ? '' : `${name}: ${otherOutcome(scenario, await runScenario(scenario, OTHERS))}`,
    };
  }
}

/** What is wrong each time is a failure. What is wrong once may be a busy machine. */
const ATTEMPTS = 3;

async function ownOutcome(scenario: Scenario): Promise<{ passed: boolean; pushwire: string }> {
  for (let attempt = 1; ; attempt++) {
    const observation = await runScenario(scenario, PUSHWIRE);
    const factor = slowness();
    const [finding] = judge(scenario, observation, factor);
    if (finding === undefined) {
      const allowed = Math.round(echoBudget(scenario, factor));
      return { passed: true, pushwire: `passed; ${figures(observation)} of ${allowed} allowed` };
    }
    if (attempt === ATTEMPTS) return { passed: false, pushwire: `**${finding.text}**` };
  }
}

/** Other libraries do not count the memory that they hold, so the property `counts` is not judged. */
function otherOutcome(scenario: Scenario, observation: Observation): string {
  if (observation.died !== null) return `**the process exited: ${observation.died}**`;
  const findings = judge(scenario, observation, slowness()).filter(({ property }) => property !== 'counts');
  return [figures(observation), ...findings.map(({ text }) => `**${text}**`)].join('; ');
}

function figures({ samples, longestEcho }: Observation): string {
  const most = Math.max(0, ...samples.map(({ held }) => held));
  const echo = longestEcho === null ? 'no echo' : `echo in ${Math.ceil(longestEcho)} ms`;
  return `${Math.round(most / 2 ** 20)} MiB, ${echo}`;
}
