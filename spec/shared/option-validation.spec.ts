import { describe, expect, it } from 'vitest';
import { OptionValidator } from '../../src/shared/option-validation.ts';

const option = new OptionValidator('TEST_ERR_INVALID_OPTION');

describe('an option validator', () => {
  it('returns the value', () => {
    expect(option.nonNegative('size', 1.5, 7)).toBe(1.5);
    expect(option.nonNegative('size', 0, 7)).toBe(0);
    expect(option.nonNegative('size', Number.POSITIVE_INFINITY, 7)).toBe(Number.POSITIVE_INFINITY);
    expect(option.limit('size', 5, 7)).toBe(5);
    expect(option.milliseconds('time', 5, 7)).toBe(5);
    expect(option.integer('bits', 8, 8, 15)).toBe(8);
    expect(option.integer('bits', 15, 8, 15)).toBe(15);
    const fields = Object.assign(Object.create(null), { name: 'value' });
    expect(option.object('headers', fields)).toBe(fields);
    expect(option.flag('shown', false, true)).toBe(false);
    expect(option.string('path', '', 'x')).toBe('');
    expect(option.callback('hook', String)).toBe(String);
    expect(option.oneOf('policy', 'b', ['a', 'b'], 'a')).toBe('b');
  });

  it.each([undefined, null])('returns the default for %s', (missing) => {
    expect(option.nonNegative('size', missing, 7)).toBe(7);
    expect(option.limit('size', missing, 7)).toBe(7);
    expect(option.milliseconds('time', missing, 7)).toBe(7);
    expect(option.flag('shown', missing, true)).toBe(true);
    expect(option.flag('shown', missing)).toBeUndefined();
    expect(option.string('path', missing, 'x')).toBe('x');
    expect(option.string('path', missing)).toBeUndefined();
    expect(option.callback('hook', missing)).toBeUndefined();
    expect(option.oneOf('policy', missing, ['a', 'b'], 'a')).toBe('a');
  });

  it('returns Infinity for a limit of 0', () => {
    expect(option.limit('size', 0, 7)).toBe(Number.POSITIVE_INFINITY);
    expect(option.limit('size', undefined, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('cuts a duration to what a timer can hold', () => {
    expect(option.milliseconds('time', Number.POSITIVE_INFINITY, 7)).toBe(2_147_483_647);
  });

  it.each<[string, () => unknown, string]>([
    ['a size', () => option.nonNegative('size', '1mb' as never, 7), 'size must be a number; received "1mb"'],
    ['a limit', () => option.limit('size', {} as never, 7), 'size must be a number; received an object'],
    ['a duration', () => option.milliseconds('time', 1n as never, 7), 'time must be a number; received 1n'],
    [
      'an integer',
      () => option.integer('n', '9' as never, 8, 15),
      'n must be a whole number from 8 to 15; received "9"',
    ],
    ['a flag', () => option.flag('shown', 'yes' as never, false), 'shown must be a boolean; received "yes"'],
    ['a string', () => option.string('path', /x/ as never), 'path must be a string; received an instance of RegExp'],
    ['a callback', () => option.callback('hook', [] as never), 'hook must be a function; received an array'],
    ['an object', () => option.object('headers', ['a'] as object), 'headers must be an object; received an array'],
    [
      'an object with entries that are not properties',
      () => option.object('headers', new Headers({ name: 'value' })),
      'headers must be a plain object: use Object.fromEntries(); received an instance of Headers',
    ],
    [
      'a Map',
      () => option.object('options', new Map<string, string>()),
      'options must be a plain object: use Object.fromEntries(); received an instance of Map',
    ],
    [
      'a choice',
      () => option.oneOf<string>('policy', 1 as never, ['a', 'b'], 'a', 'a function'),
      'policy must be "a", "b" or a function; received 1',
    ],
  ])('throws a TypeError for %s of the wrong type', (_, resolve, message) => {
    expect(resolve).toThrow(expect.objectContaining({ name: 'TypeError', code: 'TEST_ERR_INVALID_OPTION', message }));
  });

  it.each<[string, () => unknown, string]>([
    ['a size', () => option.nonNegative('size', -1, 7), 'size must be at least 0; received -1'],
    ['a size with a unit', () => option.limit('size', -1, 7, 'bytes'), 'size must be at least 0 bytes; received -1'],
    ['NaN', () => option.milliseconds('time', Number.NaN, 7), 'time must be at least 0 milliseconds; received NaN'],
    ['a low integer', () => option.integer('n', 7, 8, 15), 'n must be a whole number from 8 to 15; received 7'],
    ['a high integer', () => option.integer('n', 16, 8, 15), 'n must be a whole number from 8 to 15; received 16'],
    ['a fraction', () => option.integer('n', 8.5, 8, 15), 'n must be a whole number from 8 to 15; received 8.5'],
    ['a choice', () => option.oneOf<number>('version', 7, [8, 13], 13), 'version must be 8 or 13; received 7'],
  ])('throws a RangeError for %s that is not allowed', (_, resolve, message) => {
    expect(resolve).toThrow(expect.objectContaining({ name: 'RangeError', code: 'TEST_ERR_INVALID_OPTION', message }));
  });
});
