import { expect, it } from 'vitest';
import { describePattern } from '../../src/conformance/websocket/describe-pattern.ts';

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
