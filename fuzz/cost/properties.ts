import type { Observation, Sample } from './observation.ts';
import type { Scenario } from './scenario.ts';

export const MIB: number = 1024 * 1024;

/** Bytes that an endpoint may hold in addition to its count: for connections, code, and the application. */
const SLACK = 8 * MIB;

/** Milliseconds for which 1 MB of input may block the event loop. */
const STALL_BUDGET = 50;

/** Bytes that node:net reads from a connection in one turn of the event loop. */
const READ = 64 * 1024;

/** Additional milliseconds for the echo of an upload of several MB. The test is mainly whether it arrives. */
const UPLOAD_BUDGET = 1_000;

/** Additional milliseconds for an echo on a busy machine. */
const NOISE = 50;

export type Property = 'survives' | 'counts' | 'does not stall' | 'serves others' | 'ends' | 'frees';

export interface Finding {
  readonly property: Property;
  readonly text: string;
}

/** Returns the properties that do not hold. `slowness` says how many times slower this machine is than the reference machine. */
export function judge(scenario: Scenario, observation: Observation, slowness: number): Finding[] {
  const { died, samples, longestStall, longestEcho, notEnded, after } = observation;
  if (died !== null) return [{ property: 'survives', text: `the process ended: ${died}` }];
  const findings: Finding[] = [];

  const worst = samples.find((sample) => !isCounted(sample));
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

  const longestAllowed = echoBudget(scenario, slowness);
  if (longestEcho === null) findings.push({ property: 'serves others', text: 'an echo did not come' });
  else if (longestEcho > longestAllowed) {
    findings.push({
      property: 'serves others',
      text: `an echo took ${Math.round(longestEcho)} ms; ${Math.round(longestAllowed)} ms are allowed`,
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

/** The budget grows with the connections, because all of them may have data to read in the same turn. */
function stallBudget({ connections }: Scenario, slowness: number): number {
  return STALL_BUDGET * slowness * Math.max(1, (connections * READ) / 1_000_000);
}

export function isCounted({ held, counted }: Sample): boolean {
  return held <= 2 * counted + SLACK;
}

/** Milliseconds for an echo: it may have to wait for the end of one turn, and takes another turn. */
export function echoBudget(scenario: Scenario, slowness: number): number {
  const isUpload = 'bystander' in scenario && scenario.bystander === 'uploads';
  return 2 * stallBudget(scenario, slowness) + (isUpload ? UPLOAD_BUDGET : NOISE);
}

export function isFree({ open, counted, held, handles }: NonNullable<Observation['after']>): boolean {
  return open === 0 && counted === 0 && held <= SLACK && handles.length === 0;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
