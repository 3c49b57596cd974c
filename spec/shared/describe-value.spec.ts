import { expect, it } from 'vitest';
import { describeValue } from '../../src/shared/describe-value.ts';

it.each([
  ['1mb', '"1mb"'],
  ['a\nb', '"a\\nb"'],
  ['x'.repeat(81), `"${'x'.repeat(80)}…"`],
  [-1, '-1'],
  [1n, '1n'],
  [true, 'true'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [String, 'a function'],
  [[1], 'an array'],
  [{ a: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new Map(), 'an instance of Map'],
])('describes %o as %s', (value, description) => {
  expect(describeValue(value)).toBe(description);
});
