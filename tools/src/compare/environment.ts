import { cpus, platform, release, totalmem } from 'node:os';
import { version } from '../version.ts';

/** The system on which a run was made. */
export interface Environment {
  /** ISO 8601. */
  readonly date: string;
  readonly node: string;
  readonly pushwire: string;
  readonly system: string;
  readonly machine: string;
}

export function environment(): Environment {
  return {
    date: new Date().toISOString(),
    node: process.version,
    pushwire: version(),
    system: `${platform()} ${release()}`,
    machine: machine(),
  };
}

export function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'an unknown processor';
  return `${processors.length} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}
