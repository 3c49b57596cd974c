import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium of `CHROMIUM_PATH`, or the first on the PATH; null if there is none. */
export function findChromium(): string | null {
  const directories = (process.env.PATH ?? '').split(delimiter);
  const candidates = directories.flatMap((directory) => NAMES.map((name) => join(directory, name)));
  return [process.env.CHROMIUM_PATH ?? '', ...candidates].find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  if (path === '') return false;
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
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
