/** What may be assigned to an event handler attribute. */
// biome-ignore lint/suspicious/noExplicitAny: the event of any type
type Handler = ((event: any) => void) | null;

/** The event handler IDL attributes of a target (`onopen`, `onmessage`, …), HTML §8.1.8.1. */
export class EventHandlers {
  readonly #target: EventTarget;
  readonly #handlers = new Map<string, { handler: Handler; listener: (event: Event) => void }>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): Handler {
    return this.#handlers.get(type)?.handler ?? null;
  }

  /** What is no object counts as null. Another handler takes the place of the one before, also in the order of calls. */
  set(type: string, value: unknown): void {
    const handler = typeof value === 'function' || typeof value === 'object' ? (value as Handler) : null;
    const registered = this.#handlers.get(type);
    if (handler === null) {
      if (registered !== undefined) this.#target.removeEventListener(type, registered.listener);
      this.#handlers.delete(type);
    } else if (registered !== undefined) {
      registered.handler = handler;
    } else {
      const added = {
        handler: handler as Handler,
        // An object that cannot be called is kept, and not called.
        listener: (event: Event) => {
          if (typeof added.handler === 'function') added.handler.call(this.#target, event);
        },
      };
      this.#handlers.set(type, added);
      this.#target.addEventListener(type, added.listener);
    }
  }
}
