import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const FILE = fileURLToPath(new URL('../../support/allocations.ts', import.meta.url));

it('allocates no object for a frame that is received, and none for a frame that is sent', async () => {
  const flags = ['--min-semi-space-size=64', '--max-semi-space-size=64', '--import', 'tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, FILE]);
  const { received, sent } = JSON.parse(stdout);
  // The smallest object of V8 has 12 bytes, and an entry of an array 4.
  expect(received).toBeLessThan(4);
  expect(sent).toBeLessThan(4);
});
