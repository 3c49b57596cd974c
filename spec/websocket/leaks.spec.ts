import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Program } from '../support/program.ts';

it('10,000 connections that were opened and closed leave no memory or handles behind, and the process exits', async () => {
  const file = fileURLToPath(new URL('../support/open-and-close.ts', import.meta.url));
  const program = new Program(file, { execArgv: ['--expose-gc', '--import', 'tsx'] });
  expect(await program.ended()).toBe(0);
  const { before, after, open } = JSON.parse(program.output);
  expect(open).toBe(0);
  expect(after.handles).toBe(before.handles);
  // This finds a leak of a few hundred bytes per connection, and tolerates the growth of V8's caches.
  expect(after.heap - before.heap).toBeLessThan(1_500_000);
}, 60_000);
