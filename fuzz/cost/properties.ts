import type { Observation } from './observation.ts';
import type { Scenario } from './scenario.ts';

export const MIB: number = 1024 * 1024;

/** Bytes that an endpoint may hold beside what it counts: connections, code, and what the application holds. */
const SLACK = 8 * MIB;

/** Milliseconds for which 1 MB of input may keep the event loop. */
const STALL_BUDGET = 50;

/** Bytes of a connection that node:net reads in one turn of the event loop. */
const READ = 64 * 1024;

/** Milliseconds for the echo of an upload of several MB: it is about whether it comes at all. */
const UPLOAD_BUDGET = 1_000;

/** Milliseconds that an echo takes on a machine that is busy with something else. */
const NOISE = 50;

export type Property = 'survives' | 'counts' | 'does not stall' | 'serves others' | 'ends' | 'frees';

export interface Finding {
  readonly property: Property;
  readonly text: string;
}

/** The properties that do not hold. `slowness` is how many times slower this machine is than the budgets assume. */
export function judge(scenario: Scenario, observation: Observation, slowness: number): Finding[] {
  const { died, samples, longestStall, longestEcho, notEnded, after } = observation;
  if (died !== null) return [{ property: 'survives', text: `the process ended: ${died}` }];
  const findings: Finding[] = [];

  const worst = samples.find(({ held, counted }) => held > 2 * counted + SLACK);
  if (worst !== undefined) {
    findings.push({
      property: 'counts',
      text: `it held ${mebibytes(worst.held)} and counted ${mebibytes(worst.counted)}`,
    });
  }

  const budget = stallBudget(scenario, slowness);
  if (longestStall > budget) {
    findings.push({
      property: 'does not stall',
      text: `the event loop stalled for ${Math.round(longestStall)} ms; ${Math.round(budget)} ms are allowed`,
    });
  }

  // The echo may come behind a turn that has begun, and takes a turn itself.
  const isUpload = 'bystander' in scenario && scenario.bystander === 'uploads';
  const echoBudget = 2 * budget + (isUpload ? UPLOAD_BUDGET : NOISE);
  if (longestEcho === null) findings.push({ property: 'serves others', text: 'an echo did not come' });
  else if (longestEcho > echoBudget) {
    findings.push({
      property: 'serves others',
      text: `an echo took ${Math.round(longestEcho)} ms; ${Math.round(echoBudget)} ms are allowed`,
    });
  }

  if (notEnded !== null && notEnded > 0) {
    findings.push({ property: 'ends', text: `it did not end ${notEnded} connections and streams` });
  }

  if (after !== null && !isFree(after)) {
    const { open, counted, held, handles } = after;
    findings.push({
      property: 'frees',
      text: `left: ${open} connections and streams, ${mebibytes(counted)} counted, ${mebibytes(held)} held, handles: ${handles.join() || 'none'}`,
    });
  }
  return findings;
}

/** All connections may have something to read in the same turn. */
function stallBudget({ connections }: Scenario, slowness: number): number {
  return STALL_BUDGET * slowness * Math.max(1, (connections * READ) / 1_000_000);
}

export function isFree({ open, counted, held, handles }: NonNullable<Observation['after']>): boolean {
  return open === 0 && counted === 0 && held <= SLACK && handles.length === 0;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
