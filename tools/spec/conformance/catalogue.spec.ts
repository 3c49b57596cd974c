import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ALL_CASES } from '../../src/conformance/catalogue.ts';

it('README.md says how many cases there are, in hundreds', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, count] = /^More than ([\d,]+) cases test /m.exec(readme)!;
  expect(Number(count!.replace(',', ''))).toBe(Math.floor((ALL_CASES.length - 1) / 100) * 100);
});
