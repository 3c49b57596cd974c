import { describe, expect, it } from 'vitest';
import { redisKeys } from '../../../src/hub/redis/keys.ts';
import { holdsAllAfter, loadState } from '../../../src/hub/redis/log-state.ts';

describe('loadState()', () => {
  it.each([
    [['aa', '0', '0', ''], null],
    [['aa', '0', '5', '1'], 1],
    [['aa', '0', '5', '4'], 4],
    [['aa', '0', '5', ''], null],
    // The stream still has entries of the epoch before.
    [['aa', '5', '8', '2'], 6],
    [['aa', '5', '5', '2'], null],
  ])('finds the oldest entry of the epoch in %j', async (reply, oldest) => {
    const state = await loadState(async () => reply, redisKeys('key', 'caller'), false);
    expect(state).toEqual({ epoch: 'aa', base: Number(reply[1]), last: Number(reply[2]), oldest });
  });
});

describe('holdsAllAfter()', () => {
  it.each([
    [{ base: 0, last: 5, oldest: 1 }, [0, 1, 2, 3, 4, 5]],
    [{ base: 0, last: 5, oldest: 4 }, [3, 4, 5]],
    [{ base: 0, last: 5, oldest: null }, [5]],
    [{ base: 3, last: 5, oldest: 4 }, [3, 4, 5]],
    [{ base: 5, last: 5, oldest: null }, [5]],
  ])('is true for %j after %j', (state, numbers) => {
    const all = [-1, 0, 1, 2, 3, 4, 5, 6];
    expect(all.filter((number) => holdsAllAfter({ epoch: 'aa', ...state }, number))).toEqual(numbers);
  });
});
