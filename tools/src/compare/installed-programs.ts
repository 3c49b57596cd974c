import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The Chromium of `CHROMIUM_PATH`, or the first one in `PATH`; null if there is none. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH ?? '';
  if (named !== '' && isExecutable(named)) return named;
  return findProgram(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']);
}

/** The nginx in `PATH`, or in the directories of Debian, which are not in every user's `PATH`; null if there is none. */
export function findNginx(): string | null {
  return findProgram(['nginx'], ['/usr/sbin', '/usr/local/sbin']);
}

/** The first program with one of the names in `PATH` or in `extraDirectories`; null if there is none. */
export function findProgram(names: readonly string[], extraDirectories: readonly string[] = []): string | null {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...extraDirectories];
  return directories.flatMap((directory) => names.map((name) => join(directory, name))).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts Chromium headless, and without connections to other machines. */
export const CHROMIUM_ARGUMENTS: readonly string[] = [
  '--headless',
  // The test servers use self-signed certificates.
  '--ignore-certificate-errors',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chromium refuses to run its sandbox as root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
