import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ATTACKS, GROUPS } from './catalogue.ts';
import { Target } from './run-attack.ts';

const MEMORY_ATTACKS = ALL_ATTACKS.filter(({ aimsAtMemory }) => aimsAtMemory);

let target: Target;
beforeAll(() => {
  target = new Target();
});
afterAll(() => target.stop());

describe.each(GROUPS.filter((name) => MEMORY_ATTACKS.some(({ group }) => group === name)))(
  'an attack on the memory of %s',
  (name) => {
    it.each(MEMORY_ATTACKS.filter(({ group }) => group === name))('$title', async (attack) => {
      const { answer, bystander, growth, bound } = await attack.run(target);
      expect({ answer, bystander }).toEqual({ answer: 'right', bystander: 'unharmed' });
      expect(growth).toBeLessThanOrEqual(bound);
    });
  },
);
