import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The names of Chromium with a window, and of one that has only what pages need. */
const CHROMIUM: readonly string[] = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const HEADLESS_SHELL: readonly string[] = ['chromium-headless-shell', 'chrome-headless-shell'];

/** The Chromium of `CHROMIUM_PATH`, or the first one in `PATH`; null if there is none. */
export function findChromium(names: readonly string[] = [...CHROMIUM, ...HEADLESS_SHELL]): string | null {
  const named = process.env.CHROMIUM_PATH ?? '';
  return named !== '' && isExecutable(named) ? named : findProgram(names);
}

/** The same, but rather a headless shell, which takes a quarter less of CPU time. */
export function findSmallChromium(): string | null {
  return findChromium([...HEADLESS_SHELL, ...CHROMIUM]);
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
