import { describe, expect, it } from 'vitest';
import { parsePosition, positionId } from '../../../src/hub/redis/position.ts';

describe('parsePosition()', () => {
  it.each([0, 1, 10, Number.MAX_SAFE_INTEGER])('returns what positionId() was given: %d', (number) => {
    expect(parsePosition(positionId('0af9', number))).toEqual({ epoch: '0af9', number });
  });

  it.each([
    '',
    '-',
    'a',
    'a-',
    '-1',
    'a-01',
    'a--1',
    'a-1-0',
    'a-1 ',
    'a-+1',
    'a-1e3',
    'g-1',
    'A-1',
    'a-9007199254740992',
    'a-99999999999999999',
    'a-1\n',
  ])('returns undefined for %j', (id) => {
    expect(parsePosition(id)).toBeUndefined();
  });
});
