import { slowness } from './calibration.ts';
import { type Finding, judge } from './properties.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

/** What is wrong each time is a finding. What is wrong once may be a busy machine. */
const ATTEMPTS = 3;

/** The properties that did not hold in each of several runs, as the last run saw them. */
export async function judgeScenario(scenario: Scenario, packageUrl: string, attempts = ATTEMPTS): Promise<Finding[]> {
  let findings: Finding[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const seen = judge(scenario, await runScenario(scenario, packageUrl), slowness());
    findings = seen.filter(
      ({ property }) => attempt === 0 || findings.some((earlier) => earlier.property === property),
    );
    if (findings.length === 0) break;
  }
  return findings;
}
