import { findChromium, findCurl } from './external-programs.ts';

/** Says once, before the tests, which of them cannot run here. On CI, none may be missing. */
export default function announce(): void {
  const missing: string[] = [];
  if (findChromium() === null) {
    missing.push(
      'No Chromium found: the browser tests are left out. Install one (or set CHROMIUM_PATH), then: npm run test:browser',
    );
  }
  if (findCurl() === null)
    missing.push('No curl found: the test that uses it is left out. Install it, then: npm run spec');
  if (missing.length === 0) return;
  const asked = process.argv.some(
    (argument, index) => argument === 'browser' && process.argv[index - 1] === '--project',
  );
  if (process.env.CI === 'true' || (asked && findChromium() === null)) throw new Error(missing.join('\n'));
  for (const line of missing) console.log(line);
}
