import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ATTACKS, GROUPS } from './catalogue.ts';
import { TargetPool } from './target-pool.ts';

const MEMORY_ATTACKS = ALL_ATTACKS.filter(({ aimsAtMemory }) => aimsAtMemory);
/** Most of these attacks wait for a second. Each process measures its own memory. */
const ATTACKS_AT_ONCE = 2;

let targets: TargetPool;
beforeAll(() => {
  targets = new TargetPool(ATTACKS_AT_ONCE);
});
afterAll(() => targets.stop());

describe.each(GROUPS.filter((name) => MEMORY_ATTACKS.some(({ group }) => group === name)))(
  '%s limits its memory under attack by',
  (name) => {
    for (const attack of MEMORY_ATTACKS.filter(({ group }) => group === name)) {
      it.concurrent(attack.title, async () => {
        const { answer, bystander, growth, bound } = await targets.use((target) => attack.run(target));
        expect({ answer, bystander }).toEqual({ answer: 'right', bystander: 'unharmed' });
        expect(growth).toBeLessThanOrEqual(bound);
      });
    }
  },
);
