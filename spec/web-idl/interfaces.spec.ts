/** What web-platform-tests' idlharness.js checks, for each member that the standards' Web IDL has. */
import { describe, expect, it } from 'vitest';
import { EventSource } from '../../src/sse/index.ts';
import { BrowserWebSocket, CloseEvent, MessageEvent } from '../../src/websocket/index.ts';
import { interfaceOf, requiredCount } from './definitions.ts';

type Class = (new (...args: never[]) => object) & { readonly prototype: object };

const CLASSES: readonly (readonly [name: string, implementation: Class, parent: Class, create: () => object])[] = [
  ['WebSocket', BrowserWebSocket, EventTarget, () => closed(new BrowserWebSocket('ws://127.0.0.1:1'))],
  ['EventSource', EventSource, EventTarget, () => closed(new EventSource('http://127.0.0.1:1'))],
  ['CloseEvent', CloseEvent, Event, () => new CloseEvent('close')],
  ['MessageEvent', MessageEvent, Event, () => new MessageEvent('message')],
];

function closed<Client extends { close(): void }>(client: Client): Client {
  client.close();
  return client;
}

/** Receivers that none of the interfaces accepts, beside objects of the other ones. */
const WRONG_RECEIVERS: readonly unknown[] = [
  undefined,
  null,
  1,
  'text',
  {},
  () => {},
  new EventTarget(),
  new Event('x'),
];

describe.each(CLASSES)('the interface %s', (name, implementation, parent, create) => {
  const { constants, attributes, operations, parameters, parent: parentName } = interfaceOf(name);
  const { prototype } = implementation;
  const others = CLASSES.filter(([other]) => other !== name).map(([, , , createOther]) => createOther());
  const wrongReceivers = [...WRONG_RECEIVERS, prototype, Object.create(prototype), ...others];

  function expectBrandChecks(call: (receiver: unknown) => void): void {
    for (const receiver of wrongReceivers) expect(() => call(receiver), String(receiver)).toThrow(TypeError);
  }

  it('has the name, the length and the parent of the standard', () => {
    expect(implementation.name).toBe(name);
    expect(implementation).toHaveLength(requiredCount(parameters));
    expect(parent.name).toBe(parentName);
    expect(Object.getPrototypeOf(implementation)).toBe(parent);
    expect(Object.getPrototypeOf(prototype)).toBe(parent.prototype);
    expect(Object.getOwnPropertyDescriptor(implementation, 'name')).toEqual({
      value: name,
      writable: false,
      enumerable: false,
      configurable: true,
    });
  });

  it('can only be called with `new`, and with all required arguments', () => {
    expect(() => (implementation as unknown as () => void)()).toThrow(TypeError);
    const required = parameters.filter(({ optional }) => !optional);
    for (let count = 0; count < required.length; count++) {
      const args = required.slice(0, count).map(() => 'x') as never[];
      expect(() => new implementation(...args)).toThrow(new TypeError(`${required[count]!.name} is required`));
    }
  });

  it('has a prototype that cannot be replaced, with a class string', () => {
    expect(Object.getOwnPropertyDescriptor(implementation, 'prototype')).toEqual({
      value: prototype,
      writable: false,
      enumerable: false,
      configurable: false,
    });
    expect(Object.getOwnPropertyDescriptor(prototype, 'constructor')).toEqual({
      value: implementation,
      writable: true,
      enumerable: false,
      configurable: true,
    });
    expect(Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)).toEqual({
      value: name,
      writable: false,
      enumerable: false,
      configurable: true,
    });
    expect(String(create())).toBe(`[object ${name}]`);
    expect(String(prototype)).toBe(`[object ${name}]`);
  });

  it('has no enumerable members beside those of the standard', () => {
    const known = [...constants, ...attributes, ...operations].map((member) => member.name);
    const inherited = Object.keys(parent.prototype);
    const extra = Object.keys(prototype).filter((key) => !known.includes(key) && !inherited.includes(key));
    expect(extra).toEqual([]);
    expect(Object.keys(implementation)).toEqual(constants.map((constant) => constant.name));
  });

  it.each(constants)('has the constant $name', ({ name: constant, value }) => {
    for (const owner of [implementation, prototype]) {
      expect(Object.getOwnPropertyDescriptor(owner, constant)).toEqual({
        value,
        writable: false,
        enumerable: true,
        configurable: false,
      });
    }
  });

  it.each(attributes)('has the attribute $name', ({ name: attribute, isReadOnly }) => {
    const { get, set, ...flags } = Object.getOwnPropertyDescriptor(prototype, attribute)!;
    expect(flags).toEqual({ enumerable: true, configurable: true });
    expect([get!.name, get!.length]).toEqual([`get ${attribute}`, 0]);
    expectBrandChecks((receiver) => get!.call(receiver));
    expect(Object.hasOwn(create(), attribute)).toBe(false);
    get!.call(create());
    if (isReadOnly) return expect(set).toBeUndefined();
    expect([set!.name, set!.length]).toEqual([`set ${attribute}`, 1]);
    for (const value of [null, undefined, 'blob', () => {}, {}]) {
      expectBrandChecks((receiver) => set!.call(receiver, value));
    }
  });

  it.each(operations)('has the operation $name', ({ name: operation, parameters: list }) => {
    const { value, ...flags } = Object.getOwnPropertyDescriptor(prototype, operation)!;
    expect(flags).toEqual({ writable: true, enumerable: true, configurable: true });
    expect([value.name, value.length]).toEqual([operation, requiredCount(list)]);
    expect(Object.hasOwn(create(), operation)).toBe(false);
    expectBrandChecks((receiver) => value.call(receiver, ...list.map(() => undefined)));
    const required = list.filter(({ optional }) => !optional);
    for (let count = 0; count < required.length; count++) {
      const args = required.slice(0, count).map(() => 'x');
      expect(() => value.call(create(), ...args)).toThrow(new TypeError(`${required[count]!.name} is required`));
    }
  });
});
