import { describe, expect, it } from 'vitest';
import {
  describeLosses,
  epochOf,
  formatId,
  hasLosses,
  isSameStream,
  lossesOf,
  nanoseconds,
  parseId,
} from '../../../src/hub/nats/log-ids.ts';

describe('an id', () => {
  it.each([
    [epochOf('2026-11-28T08:55:20.09382591Z', 0), 0],
    [epochOf('2026-11-28T08:55:20.09382591Z', 12), 1],
    [epochOf('2554-07-21T23:34:33.709551615Z', 999_999_999), 999_999_999_999_999],
  ])('of the epoch %s with the sequence %d is read as it was written', (epoch, sequence) => {
    expect(parseId(formatId(epoch, sequence))).toEqual({ epoch, number: sequence });
  });

  it.each([
    '',
    '-',
    'a',
    'a-',
    '-1',
    'a--1',
    'a-01',
    'a-1.0',
    'a-1e3',
    'a-1 ',
    'a-1\n',
    ' a-1',
    'A-1',
    'a.0-1',
    'a.-1',
    'a.1.1-1',
    `${'a'.repeat(17)}-1`,
    `a-${'1'.repeat(17)}`,
  ])('is not %j', (text) => {
    expect(parseId(text)).toBeUndefined();
  });
});

describe('the epoch', () => {
  it('differs by a nanosecond', () => {
    const times = ['20Z', '20.000000001Z', '20.00000001Z', '20.1Z', '20.100000001Z'];
    const epochs = times.map((time) => epochOf(`2026-11-28T08:55:${time}`, 0));
    expect(new Set(epochs).size).toBe(times.length);
  });

  it('differs by a loss', () => {
    const created = '2026-11-28T08:55:20Z';
    const epochs = [0, 1, 2].map((losses) => epochOf(created, losses));
    expect(new Set(epochs).size).toBe(3);
    expect(epochs.map(hasLosses)).toEqual([false, true, true]);
    for (const epoch of epochs) {
      expect(isSameStream(epoch, epochs[1]!)).toBe(true);
      expect(isSameStream(epoch, epochOf('2026-11-28T08:55:21Z', 0))).toBe(false);
    }
  });

  it('is the same for a time in another zone', () => {
    expect(epochOf('2026-11-28T09:55:20.5+01:00', 0)).toBe(epochOf('2026-11-28T08:55:20.5Z', 0));
  });
});

describe('a time', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:01.5Z', 1_500_000_000n],
    ['2026-11-28T08:55:20.096018221Z', 1_795_856_120_096_018_221n],
  ])('%s has its nanoseconds', (time, expected) => {
    expect(nanoseconds(time)).toBe(expected);
  });
});

describe('the number of losses', () => {
  it.each(['', 'orders', 'orders [losses noticed: x]', '[losses noticed: 1] of orders'])(
    'is 0 in %j',
    (description) => {
      expect(lossesOf(description)).toBe(0);
    },
  );

  it.each([
    ['', '[losses noticed: 3]'],
    ['orders', 'orders [losses noticed: 3]'],
    ['orders [losses noticed: 2]', 'orders [losses noticed: 3]'],
    ['[losses noticed: 2]', '[losses noticed: 3]'],
  ])('is added to the description %j', (description, expected) => {
    expect(describeLosses(description, 3)).toBe(expected);
    expect(lossesOf(expected)).toBe(3);
  });
});
