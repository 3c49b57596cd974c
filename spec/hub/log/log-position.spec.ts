import { expect, it } from 'vitest';
import { comparePositions } from '../../../src/hub/log/log-position.ts';

const at = (epoch: string, number: number) => ({ epoch, number });

it.each([
  [at('a', 1), at('a', 2), -1],
  [at('a', 2), at('a', 2), 0],
  [at('a', 10), at('a', 7), 3],
  [at('a', 1), at('b', 2), Number.NaN],
  [at('a', 1), undefined, Number.NaN],
  [undefined, at('a', 1), Number.NaN],
  [undefined, undefined, Number.NaN],
])('the number of entries from one position to another: %j, %j', (position, other, expected) => {
  expect(comparePositions(position, other)).toBe(expected);
});
