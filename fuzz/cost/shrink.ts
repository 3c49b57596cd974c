import type { Finding } from './properties.ts';
import type { Scenario } from './scenario.ts';

const MAX_ATTEMPTS = 12;

/** Returns a smaller scenario in which one of the findings occurs again. */
export async function shrink(
  scenario: Scenario,
  findings: readonly Finding[],
  run: (scenario: Scenario) => Promise<readonly Finding[]>,
): Promise<Scenario> {
  let attempts = 0;
  let smallest = scenario;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of smaller(smallest)) {
      if (attempts++ >= MAX_ATTEMPTS) return smallest;
      const again = await run(candidate);
      if (!again.some(({ property }) => findings.some((finding) => finding.property === property))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/** Yields scenarios that are one step simpler. */
function* smaller(scenario: Scenario): Iterable<Scenario> {
  if ('traffic' in scenario) {
    for (const act of scenario.traffic) {
      if (scenario.traffic.length > 1)
        yield { ...scenario, traffic: scenario.traffic.filter((other) => other !== act) };
    }
  }
  if (scenario.connections > 1) yield { ...scenario, connections: Math.floor(scenario.connections / 2) };
  if ('traffic' in scenario) {
    for (const act of scenario.traffic) {
      if (!('count' in act) || act.count === 1) continue;
      const half = { ...act, count: Math.floor(act.count / 2) };
      yield { ...scenario, traffic: scenario.traffic.map((other) => (other === act ? half : other)) };
    }
  }
  if ('requests' in scenario && scenario.requests > 1) {
    yield { ...scenario, requests: Math.floor(scenario.requests / 2) };
  }
  if ('text' in scenario && scenario.text.mebibytes > 1) {
    yield { ...scenario, text: { ...scenario.text, mebibytes: Math.floor(scenario.text.mebibytes / 2) } };
  }
  if ('chunks' in scenario && scenario.chunks !== 'large') yield { ...scenario, chunks: 'large' };
}
