import { describe, expect, it } from 'vitest';
import { EventSource } from '../../src/sse/index.ts';
import { BrowserWebSocket, CloseEvent, ErrorEvent, MessageEvent, WebSocket } from '../../src/websocket/index.ts';

const CLASSES = { WebSocket, BrowserWebSocket, EventSource, CloseEvent, ErrorEvent, MessageEvent };

/** The functions of a class and of its parents among those of pushwire, by name. */
function functionsOf(prototype: object): (readonly [name: string, call: (receiver: unknown) => void])[] {
  const parent = Object.getPrototypeOf(prototype);
  const isPlatform = /\[native code\]|^class (Event|EventTarget) |^function EventEmitter/.test(
    String(prototype.constructor),
  );
  if (isPlatform) return [];
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { get, set, value }]) => {
    const calls: [string, (receiver: unknown) => void][] = [];
    if (get !== undefined) calls.push([`get ${name}`, (receiver) => get.call(receiver)]);
    if (set !== undefined) calls.push([`set ${name}`, (receiver) => set.call(receiver, 'unknown')]);
    if (typeof value === 'function' && name !== 'constructor') {
      calls.push([name, (receiver) => value.call(receiver, 'open', () => {})]);
    }
    return calls;
  });
  return [...own, ...functionsOf(parent)];
}

describe.each(Object.entries(CLASSES))('%s', (name, { prototype }) => {
  const others = [{}, undefined, null, 'text', prototype, Object.create(prototype), new EventTarget(), new Event('x')];

  it('has no attribute, method or setter that accepts another receiver', () => {
    const functions = functionsOf(prototype);
    expect(functions.length).toBeGreaterThan(2);
    for (const [key, call] of functions) {
      for (const receiver of others) {
        // These override members of Event and of EventTarget, and accept what those accept.
        if (receiver instanceof Event && /^get (target|currentTarget|srcElement)$/.test(key)) continue;
        if (receiver instanceof EventTarget && /EventListener$/.test(key)) continue;
        // It defines a property of its receiver, which may be the prototype of a subclass.
        if (key === 'set failure') continue;
        expect(() => call(receiver), `${name}: ${key} of ${String(receiver)}`).toThrow(TypeError);
      }
    }
  });
});
