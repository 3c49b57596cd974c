import { slowness } from './calibration.ts';
import { type Finding, judge } from './properties.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

/** A violation counts only if it occurs in every attempt. Other load on the machine can cause a single one. */
const ATTEMPTS = 3;

/** Runs a scenario several times. Returns the findings of the last run whose properties failed in every run. */
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
