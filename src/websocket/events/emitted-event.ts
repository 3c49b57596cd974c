import { type InspectOptions, inspect } from 'node:util';

/** The target of an event that an EventEmitter emits. The target of an `Event` is set only if an EventTarget dispatches it. */
const TARGET: unique symbol = /* @__PURE__ */ Symbol('target');

interface Emitted<Target extends object> {
  [TARGET]?: Target;
}

/** What the constructor of every event accepts. Default of each: false. */
export interface EventInit {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
}

/**
 * An event whose target may be an EventEmitter.
 *
 * @typeParam Target WebSocket; a parameter, so that this file does not import the class
 */
export class WebSocketEvent<Target extends object> extends Event {
  /** The WebSocket. The type omits null, the value before the event is dispatched, as in the types of `ws`. */
  override get target(): Target & EventTarget {
    return ((this as Emitted<Target>)[TARGET] ?? super.target) as Target & EventTarget;
  }

  /** The same as `target`. */
  override get currentTarget(): Target & EventTarget {
    return ((this as Emitted<Target>)[TARGET] ?? super.currentTarget) as Target & EventTarget;
  }

  /** The same as `target`. */
  override get srcElement(): Target & EventTarget {
    return ((this as Emitted<Target>)[TARGET] ?? super.srcElement) as Target & EventTarget;
  }
}

/**
 * Gives a class the accessors of WebSocketEvent, and returns it. The class does not extend WebSocketEvent, because the
 * standards say that its parent is Event. `console.log()` shows the members of the class, such as `message`; of an Event, Node.js
 * shows only its own.
 *
 * @internal
 */
export function emittedEvent<EventClass extends { readonly prototype: Event }>(eventClass: EventClass): EventClass {
  const { prototype } = eventClass;
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  const names = ['type', ...own.filter(([, { get }]) => get !== undefined).map(([name]) => name)];
  const { constructor: _, ...accessors } = Object.getOwnPropertyDescriptors(WebSocketEvent.prototype);
  Object.defineProperties(prototype, accessors as PropertyDescriptorMap);
  Object.defineProperty(prototype, inspect.custom, {
    value(this: Event & Record<string, unknown>, _depth: number, options: InspectOptions): string {
      const members = Object.fromEntries(names.map((name) => [name, this[name]]));
      return `${Object.prototype.toString.call(this).slice(8, -1)} ${inspect(members, options)}`;
    },
    configurable: true,
    writable: true,
  });
  return eventClass;
}

/** Sets the target of an event, and returns the event. @internal */
export function withTarget<E extends Event>(event: E, target: object): E {
  (event as Emitted<object>)[TARGET] = target;
  return event;
}
