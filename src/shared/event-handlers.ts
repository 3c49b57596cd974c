// biome-ignore lint/suspicious/noExplicitAny: an event of any type
type EventHandler = ((event: any) => void) | null;

interface Registration {
  handler: EventHandler;
  readonly listener: (event: Event) => void;
}

/** The event handler IDL attributes of an EventTarget (`onopen`, `onmessage`, …), HTML §8.1.8.1. */
export class EventHandlers {
  readonly #target: EventTarget;
  readonly #registrations = new Map<string, Registration>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): EventHandler {
    return this.#registrations.get(type)?.handler ?? null;
  }

  /**
   * A value that is not an object counts as null. A handler that replaces another one keeps its place among the listeners.
   */
  set(type: string, value: unknown): void {
    const handler = typeof value === 'function' || typeof value === 'object' ? (value as EventHandler) : null;
    const existing = this.#registrations.get(type);
    if (handler === null) {
      if (existing !== undefined) this.#target.removeEventListener(type, existing.listener);
      this.#registrations.delete(type);
    } else if (existing !== undefined) {
      existing.handler = handler;
    } else {
      const registration: Registration = {
        handler,
        // An object that is not callable is stored, but never called.
        listener: (event) => {
          if (typeof registration.handler === 'function') registration.handler.call(this.#target, event);
        },
      };
      this.#registrations.set(type, registration);
      this.#target.addEventListener(type, registration.listener);
    }
  }
}
