import { describe, expect, it } from 'vitest';
import { checkTopic, checkTopicFilters, filtersAccepting, isTopicFilter } from '../../../src/hub/events/topic.ts';

const LONGEST = 'x'.repeat(256);

describe('A topic', () => {
  it.each([
    'a',
    'orders/42',
    'a/b/c/d',
    '/'.padStart(2, 'a').padEnd(3, 'b'),
    'ünïcode/名',
    'a b',
    '__proto__',
    LONGEST,
  ])('can be %j', (topic) => {
    expect(checkTopic(topic)).toBe(topic);
    expect(isTopicFilter(topic)).toBe(true);
  });

  it.each([
    ['empty', ''],
    ['an empty segment', 'a//b'],
    ['an empty first segment', '/a'],
    ['an empty last segment', 'a/'],
    ['a slash alone', '/'],
    ['a star', '*'],
    ['a star as its last segment', 'a/*'],
    ['a star in a segment', 'a*b'],
    ['a line feed', 'a\nb'],
    ['a line feed at its end', 'a\n'],
    ['a NUL', 'a\0'],
    ['a C1 control character', 'a\u0085b'],
    ['a lone surrogate', 'a\ud800'],
    ['257 bytes', `${LONGEST}x`],
    ['fewer characters than 256 and more bytes', 'ü'.repeat(129)],
    ['not a string', 42],
    ['undefined', undefined],
    ['an array', ['a']],
  ])('cannot be or have: %s', (_, topic) => {
    expect(() => checkTopic(topic as string)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'HUB_ERR_INVALID_OPTION' }),
    );
  });

  it('that is refused is named in the error, with what is allowed', () => {
    expect(() => checkTopic('a//b')).toThrow(
      'topic must be segments separated by "/" that are not empty, without control characters and "*", at most 256 bytes in all; received "a//b"',
    );
  });

  it('of a megabyte of segments is refused at once', () => {
    const start = process.cpuUsage();
    for (let count = 0; count < 20; count++) expect(isTopicFilter('a/'.repeat(500_000))).toBe(false);
    expect(process.cpuUsage(start).user).toBeLessThan(1e6);
  });
});

describe('A topic filter', () => {
  it.each(['*', 'a/*', 'a/b/*', `${LONGEST}/*`])('can be %j', (filter) => {
    expect(checkTopicFilters(filter)).toEqual([filter]);
    expect(checkTopicFilters(['a', filter])).toEqual(['a', filter]);
  });

  it.each(['', '/*', 'a*', 'a/**', '*/a', '*/*', 'a/*/b', 'a/*/*', '**', `${LONGEST}x/*`])('cannot be %j', (filter) => {
    expect(isTopicFilter(filter)).toBe(false);
    expect(() => checkTopicFilters(['a', filter])).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'HUB_ERR_INVALID_OPTION' }),
    );
  });

  it.each([undefined, null, 1, {}, new Set(['a'])])('cannot be in %j', (topics) => {
    expect(() => checkTopicFilters(topics as never)).toThrow(
      /^topics must be a string or an array of strings; received /,
    );
  });
});

describe('The filters that accept a topic', () => {
  it.each([
    ['a', ['a', '*']],
    ['a/b', ['a/b', '*', 'a/*']],
    ['a/b/c', ['a/b/c', '*', 'a/*', 'a/b/*']],
  ])('%s are %j', (topic, expected) => {
    expect(filtersAccepting(topic)).toEqual(expected);
  });
});
