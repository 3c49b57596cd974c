import { readFileSync } from 'node:fs';
import { OWN_FILES } from './own-files.ts';

/** The version of this package. */
export function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../package.json', OWN_FILES), 'utf8'));
  return manifest.version;
}
