import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ATTACKS, GROUPS } from './catalogue.ts';
import { TargetPool } from './target-pool.ts';

const ATTACKS_AT_ONCE = 4;

let targets: TargetPool;
beforeAll(() => {
  targets = new TargetPool(ATTACKS_AT_ONCE);
});
afterAll(() => targets.stop());

describe.each(GROUPS)('%s withstands', (name) => {
  const attacks = ALL_ATTACKS.filter(({ group, aimsAtMemory }) => group === name && !aimsAtMemory);
  for (const attack of attacks) {
    it.concurrent(attack.title, async () => {
      const { answer, bystander, growth, bound } = await targets.use((target) => attack.run(target));
      expect({ answer, bystander }).toEqual({ answer: 'right', bystander: 'unharmed' });
      expect(growth).toBeLessThanOrEqual(bound);
    });
  }
});

it('the catalogue has at least 80 attacks', () => {
  expect(ALL_ATTACKS.length).toBeGreaterThanOrEqual(80);
});
