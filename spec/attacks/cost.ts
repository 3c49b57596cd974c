import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slowness } from '../../fuzz/cost/calibration.ts';
import { judgeScenario } from '../../fuzz/cost/judge-scenario.ts';
import { KNOWN_SCENARIOS } from '../../fuzz/cost/known-scenarios.ts';
import type { Observation } from '../../fuzz/cost/observation.ts';
import { judge } from '../../fuzz/cost/properties.ts';
import { runScenario } from '../../fuzz/cost/run-scenario.ts';
import type { Scenario } from '../../fuzz/cost/scenario.ts';

const PUSHWIRE = new URL('../../dist/index.js', import.meta.url).href;
const peers = new URL('../../bench/peers/', import.meta.url);
const OTHERS = new URL('libraries.js', peers).href;

/** The library beside pushwire, by what is attacked. */
const OTHER: Record<Scenario['endpoint'], string | null> = {
  'WebSocket server': 'ws',
  'WebSocket client': 'ws',
  'event streams': 'better-sse',
  EventSource: 'eventsource',
  EventParser: 'eventsource-parser',
  EventParserStream: null,
};

/** A row of the table: what a peer costs the process that it attacks. */
export interface CostRow {
  readonly title: string;
  readonly pushwire: string;
  readonly other: string;
  readonly passed: boolean;
}

/** Attacks servers and clients with the scenarios of the harness. */
export async function* costRows(): AsyncIterable<CostRow> {
  if (!existsSync(new URL('node_modules', peers))) {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--silent'], {
      cwd: fileURLToPath(peers),
    });
  }
  for (const [title, scenario] of Object.entries(KNOWN_SCENARIOS)) {
    const findings = await judgeScenario(scenario, PUSHWIRE);
    const passed = findings.length === 0;
    // A session of better-sse cannot be closed.
    const name = 'closes' in scenario && scenario.closes ? null : OTHER[scenario.endpoint];
    yield {
      title,
      passed,
      pushwire: passed ? `held; ${figures(await runScenario(scenario, PUSHWIRE))}` : `**${findings[0]!.text}**`,
      other: name === null ? '' : `${name}: ${otherOutcome(scenario, await runScenario(scenario, OTHERS))}`,
    };
  }
}

/** Other libraries do not say what they hold, so that only the rest can be judged. */
function otherOutcome(scenario: Scenario, observation: Observation): string {
  if (observation.died !== null) return `**the process ended: ${observation.died}**`;
  const findings = judge(scenario, observation, slowness()).filter(({ property }) => property !== 'counts');
  return [figures(observation), ...findings.map(({ text }) => `**${text}**`)].join('; ');
}

function figures({ samples, longestEcho }: Observation): string {
  const most = Math.max(0, ...samples.map(({ held }) => held));
  const echo = longestEcho === null ? 'no echo' : `echo in ${Math.ceil(longestEcho)} ms`;
  return `${Math.round(most / 2 ** 20)} MiB, ${echo}`;
}
