import { readFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';

/** Where something was measured. */
export interface Environment {
  /** ISO 8601. */
  readonly date: string;
  readonly node: string;
  readonly pushwire: string;
  readonly system: string;
  readonly machine: string;
}

export function environment(): Environment {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    pushwire: manifest.version,
    system: `${platform()} ${release()}`,
    machine: `${processors.length} cores of ${processors[0]?.model ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}
