import { findChromium } from './chromium.ts';

/** Says once, before the tests, which of them cannot run here. On CI, none may be missing. */
export default function announce(): void {
  if (findChromium() !== null) return;
  const message =
    'No Chromium found: the browser tests are left out. Install one (or set CHROMIUM_PATH), then: npm run test:browser';
  const asked = process.argv.some(
    (argument, index) => argument === 'browser' && process.argv[index - 1] === '--project',
  );
  if (process.env.CI === 'true' || asked) throw new Error(message);
  console.log(message);
}
