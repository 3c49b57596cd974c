/** The target of an event that an EventEmitter emits: an `Event` has a target only if an EventTarget dispatches it. */
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
 * standards say that its parent is Event.
 */
export function emittedEvent<EventClass extends { readonly prototype: Event }>(eventClass: EventClass): EventClass {
  const { constructor: _, ...accessors } = Object.getOwnPropertyDescriptors(WebSocketEvent.prototype);
  Object.defineProperties(eventClass.prototype, accessors as PropertyDescriptorMap);
  return eventClass;
}

/** Sets the target of an event, and returns the event. */
export function withTarget<E extends Event>(event: E, target: object): E {
  (event as Emitted<object>)[TARGET] = target;
  return event;
}
