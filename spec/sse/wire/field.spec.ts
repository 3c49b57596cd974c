import { expect, it } from 'vitest';
import { fieldOf, hasNull, startOfValue } from '../../../src/sse/wire/field.ts';

it.each([
  ['data', 'd'],
  ['data: x', 'd'],
  ['event:x', 'e'],
  ['id', 'i'],
  ['retry:1', 'r'],
  [': comment', ':'],
  ['datas', ''],
  ['dat: x', ''],
  ['Data: x', ''],
  ['retrying', ''],
])('the field of %j is %j', (line, field) => {
  expect(fieldOf(Buffer.from(`--${line}`), 2, line.length + 2)).toBe(field === '' ? 0 : field.charCodeAt(0));
});

it('a value starts after the colon and one space; a name without a colon has an empty value', () => {
  const start = (line: string): number => startOfValue(Buffer.from(line), 2, line.length);
  expect(['id:7', 'id: 7', 'id:  7', 'id', 'idx'].map(start)).toEqual([3, 4, 4, 2, -1]);
});

it('finds NUL within the value alone', () => {
  const bytes = Buffer.from('\0a\0');
  expect([hasNull(bytes, 1, 2), hasNull(bytes, 1, 3), hasNull(bytes, 0, 2)]).toEqual([false, true, true]);
});
