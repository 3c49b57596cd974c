import { expect, it } from 'vitest';
import { openingHandshake } from '../../src/conformance/websocket/cases/14-opening-handshake.ts';
import { described, describePattern } from '../../src/conformance/websocket/describe-pattern.ts';
import { describeResponse } from '../../src/conformance/websocket/handshake-case.ts';

it.each([
  [/^websocket$/i, '"websocket"'],
  [/^s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/, '"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="'],
  [/\b13\b/, 'a value that contains 13'],
  [/^permessage-deflate.*b/, 'a match for /^permessage-deflate.*b/'],
  [/^(8|9)$/, 'a match for /^(8|9)$/'],
  [/^\d$/, 'a match for /^\\d$/'],
  [/^chat/, 'a match for /^chat/'],
  [/^13\b/, 'a match for /^13\\b/'],
])('describes %s in words', (pattern, words) => {
  expect(describePattern(pattern)).toBe(words);
});

it('prefers the description that a pattern has', () => {
  expect(describePattern(described('a number', /^\d+$/))).toBe('a number');
});

it('describes what the cases expect without a regular expression', () => {
  const descriptions = openingHandshake.flatMap(({ expect: first, unimplemented, nonStrict }) =>
    [first, unimplemented, nonStrict].flatMap((response) =>
      response === undefined ? [] : [describeResponse(response)],
    ),
  );
  expect(descriptions.length).toBeGreaterThan(0);
  expect(descriptions.filter((text) => text.includes('a match for'))).toEqual([]);
});
