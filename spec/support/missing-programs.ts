import {
  findCaddy,
  findChromium,
  findCurl,
  findHaproxy,
  findNatsServer,
  findNginx,
  findPython,
  findRedis,
} from './external-programs.ts';

/** Whether the command line selects the browser tests. Then they must run. */
export function isBrowserRequested(): boolean {
  return process.argv.some((argument, index) => argument === 'browser' && process.argv[index - 1] === '--project');
}

/** The checks that cannot run on this machine, with the programs that they need. */
export function skippedChecks(): string[] {
  return [
    ...(findChromium() === null ? ['browser tests (Chromium, or CHROMIUM_PATH)'] : []),
    ...(findCurl() === null ? ['one example test (curl)'] : []),
    ...(findPython() === null ? ['one test of a document (python3)'] : []),
    ...(findNginx() === null ? ['measurements and tests through a proxy (nginx)'] : []),
    ...(findHaproxy() === null ? ['tests of a load balancer (haproxy)'] : []),
    ...(findCaddy() === null ? ['tests of a proxy (caddy)'] : []),
    ...(findRedis() === null ? ['tests of RedisLog (redis-server)'] : []),
    ...(findNatsServer() === null ? ['tests of JetStreamLog (nats-server)'] : []),
  ];
}

/** Prints one line about the checks that cannot run on this machine. With CI=true, a missing program ends the run. */
export default function reportMissingPrograms(): void {
  const skipped = skippedChecks();
  if (skipped.length === 0) return;
  const line = `Skipped, because a program is missing: ${skipped.join('; ')}`;
  if (process.env.CI === 'true' || (isBrowserRequested() && findChromium() === null)) {
    // Vitest would print a thrown Error with its stack.
    console.error(line);
    process.exit(1);
  }
  console.log(line);
}
