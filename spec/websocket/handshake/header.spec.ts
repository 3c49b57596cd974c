import { describe, expect, it } from 'vitest';
import {
  combinedValue,
  hasElement,
  headerFields,
  isToken,
  listElements,
  singleValue,
} from '../../../src/websocket/handshake/header.ts';

describe('header fields', () => {
  const fields = headerFields(['Host', 'a', 'UPGRADE', 'x', 'upgrade', 'WebSocket, y', '__proto__', 'p', 'odd']);

  it('are found by lower-case name, with one value for each line', () => {
    expect(fields.upgrade).toEqual(['x', 'WebSocket, y']);
    expect(Object.keys(fields)).toEqual(['host', 'upgrade', '__proto__']);
  });

  it('have a single value only if they are not duplicated', () => {
    expect(singleValue(fields, 'host')).toBe('a');
    expect(singleValue(fields, 'upgrade')).toBeUndefined();
    expect(singleValue(fields, 'missing')).toBeUndefined();
  });

  it('have the values of all lines combined', () => {
    expect(combinedValue(fields, 'upgrade')).toBe('x, WebSocket, y');
    expect(combinedValue(fields, 'missing')).toBeUndefined();
  });

  it('have elements in any case, on any line', () => {
    expect(hasElement(fields, 'upgrade', 'websocket')).toBe(true);
    expect(hasElement(fields, 'upgrade', 'websocke')).toBe(false);
    expect(hasElement(fields, 'missing', 'websocket')).toBe(false);
  });
});

it('splits lists, and ignores empty elements', () => {
  expect(listElements(' a ,,\tb , ')).toEqual(['a', 'b']);
});

it('accepts the characters of a token, and no others', () => {
  const tokens = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(isToken);
  const separators = '()<>@,;:\\"/[]?={} \t';
  const expected = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter(
    (c) => !separators.includes(c),
  );
  expect(tokens).toEqual(expected);
  expect(isToken('')).toBe(false);
});
