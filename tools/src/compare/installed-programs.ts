import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The Chromium of `CHROMIUM_PATH`, or the first on the path; null if there is none. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH ?? '';
  if (named !== '' && isExecutable(named)) return named;
  return findProgram(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']);
}

/** The nginx on the path, or where Debian has it, which is not on the path of every user; null if there is none. */
export function findNginx(): string | null {
  return findProgram(['nginx'], ['/usr/sbin', '/usr/local/sbin']);
}

/** The first of the names on the path, or in further directories; null if there is none. */
export function findProgram(names: readonly string[], further: readonly string[] = []): string | null {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...further];
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

/** How Chromium is started: headless, and without a thought for the network beyond this machine. */
export const CHROMIUM_ARGUMENTS: readonly string[] = [
  '--headless',
  // The tests' servers have certificates that nobody has signed; this holds for wss, too.
  '--ignore-certificate-errors',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // As root, Chromium does not start in its sandbox.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
