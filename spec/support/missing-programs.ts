import { findChromium, findCurl, findNginx } from './external-programs.ts';

/** Whether the command line selects the browser tests, which then must run. */
export function isBrowserRequested(): boolean {
  return process.argv.some((argument, index) => argument === 'browser' && process.argv[index - 1] === '--project');
}

/** What cannot run on this machine, and the program it needs. */
export function skippedChecks(): string[] {
  return [
    ...(findChromium() === null ? ['browser tests (Chromium, or CHROMIUM_PATH)'] : []),
    ...(findCurl() === null ? ['one example test (curl)'] : []),
    ...(findNginx() === null ? ['measurements through a proxy (nginx)'] : []),
  ];
}

/** Prints one line about the checks that cannot run on this machine. With CI=true, a missing program ends the run. */
export default function reportMissingPrograms(): void {
  const skipped = skippedChecks();
  if (skipped.length === 0) return;
  const line = `Skipped, because a program is missing: ${skipped.join('; ')}`;
  if (process.env.CI === 'true' || (isBrowserRequested() && findChromium() === null)) {
    // A thrown Error would be printed with a stack.
    console.error(line);
    process.exit(1);
  }
  console.log(line);
}
