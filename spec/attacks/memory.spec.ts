import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { belongsToRun } from '../support/full-run.ts';
import { ALL_ATTACKS, GROUPS } from './catalogue.ts';
import { TargetPool } from './target-pool.ts';

/** Those that take longest, or have much in common with another one. The others include one like each of them. */
const LONG = [
  'echoes of 200 MB that are not read',
  '100,000 pings whose pongs are not read',
  '20 unfinished messages of 15 MiB at once',
  'ten decompression bombs at once',
  'a comment that never ends',
  '20 MB of fields without data',
];
const MEMORY_ATTACKS = ALL_ATTACKS.filter(
  ({ aimsAtMemory, title }) => aimsAtMemory && belongsToRun(title, !LONG.includes(title)),
);
/** Most of these attacks wait for a second. Each process measures its own memory. */
const ATTACKS_AT_ONCE = 2;

let targets: TargetPool;
beforeAll(() => {
  targets = new TargetPool(ATTACKS_AT_ONCE);
});
afterAll(() => targets.stop());

const GROUPS_WITH_ATTACKS = GROUPS.filter((name) => MEMORY_ATTACKS.some(({ group }) => group === name));

// A part of the full run may have none.
// They retry, because load can keep a bystander waiting, and the collector from its work.
describe.runIf(MEMORY_ATTACKS.length > 0)('attacks on memory', { retry: 2 }, () => {
  describe.each(GROUPS_WITH_ATTACKS)('%s limits its memory under attack by', (name) => {
    for (const attack of MEMORY_ATTACKS.filter(({ group }) => group === name)) {
      it.concurrent(attack.title, async () => {
        const { answer, bystander, growth, bound } = await targets.use((target) => attack.run(target));
        expect({ answer, bystander }).toEqual({ answer: 'right', bystander: 'unharmed' });
        expect(growth).toBeLessThanOrEqual(bound);
      });
    }
  });
});
