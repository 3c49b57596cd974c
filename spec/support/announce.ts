import { findChromium, findCurl, findNginx } from './external-programs.ts';

/** Whether the command line selects only the browser tests, which then must run. */
export function browserIsAsked(): boolean {
  return process.argv.some((argument, index) => argument === 'browser' && process.argv[index - 1] === '--project');
}

/** Reports once, before the tests, which of them cannot run here. In CI, all must run. */
export default function announce(): void {
  const missing: string[] = [];
  if (findChromium() === null) {
    missing.push(
      'No Chromium found: the browser tests are left out. Install one (or set CHROMIUM_PATH), then: npm run test:browser',
    );
  }
  if (findCurl() === null) {
    missing.push('No curl found: the test that uses it is left out. Install it, then: npm run spec');
  }
  if (findNginx() === null) {
    missing.push('No nginx found: what is measured through one is not tested. Install it, then: npm run spec');
  }
  if (missing.length === 0) return;
  if (process.env.CI === 'true' || (browserIsAsked() && findChromium() === null)) {
    // An Error would be printed with a stack, which is of no use here.
    console.error(missing.join('\n'));
    process.exit(1);
  }
  for (const line of missing) console.log(line);
}
