import { expect, it } from 'vitest';
import { describeCause, describeValue, stackOf } from '../../src/shared/describe-value.ts';

it.each([
  ['1mb', '"1mb"'],
  ['a\nb', '"a\\nb"'],
  ['x'.repeat(81), `"${'x'.repeat(80)}…"`],
  [-1, '-1'],
  [1n, '1n'],
  [true, 'true'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [String, 'a function'],
  [[1], 'an array'],
  [{ a: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new Map(), 'an instance of Map'],
  [{ constructor: { name: 1 } }, 'an object'],
])('describes %o as %s', (value, description) => {
  expect(describeValue(value)).toBe(description);
});

/** Values that throw when they are read. */
const UNREADABLE: readonly [name: string, value: () => unknown, description: string][] = [
  ['a revoked Proxy', revokedProxy, 'an object'],
  ['an Error with a message that throws', () => errorWith('message', { get: fail }), 'an instance of Error'],
  [
    'an Error with a message that is a symbol',
    () => errorWith('message', { value: Symbol('a') }),
    'an instance of Error',
  ],
  ['an object whose constructor throws', () => Object.defineProperty({}, 'constructor', { get: fail }), 'an object'],
  ['an object with a name of its own', () => JSON.parse('{"constructor":{"name":{"toString":1}}}'), 'an object'],
];

it.each(UNREADABLE)('describes what cannot be read: %s', (_, value, description) => {
  expect(describeCause(value())).toBe(description);
});

it.each([
  [new TypeError('broken'), 'broken'],
  ['broken', '"broken"'],
  [undefined, 'undefined'],
])('describes what was thrown: %o as %s', (cause, description) => {
  expect(describeCause(cause)).toBe(description);
});

it('returns the stack trace of an Error only, if it can be read', () => {
  const error = new Error('broken');
  expect(stackOf(error)).toBe(error.stack);
  expect(stackOf('broken')).toBeUndefined();
  expect(stackOf(revokedProxy())).toBeUndefined();
  expect(stackOf(errorWith('stack', { get: fail }))).toBeUndefined();
  expect(stackOf(errorWith('stack', { value: [] }))).toBeUndefined();
});

function fail(): never {
  throw new Error('read');
}

function errorWith(name: string, property: PropertyDescriptor): Error {
  return Object.defineProperty(new Error('broken'), name, property);
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
