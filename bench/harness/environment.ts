import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { machine } from '../../tools/src/compare/environment.ts';

/** The machine and the versions of a run. */
export interface Environment {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly commit: string;
  /** The version of each package, by its name. */
  readonly versions: Readonly<Record<string, string>>;
}

export function environment(): Environment {
  const peers = JSON.parse(readFileSync(new URL('../peers/package.json', import.meta.url), 'utf8'));
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${machine()}, ${process.platform}`,
    node: process.version,
    commit,
    versions: peers.dependencies,
  };
}
