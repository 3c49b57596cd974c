import { CompactingQueue } from '../../shared/compacting-queue.ts';

/** Events on their way to a `for await` loop. */
export class EventQueue {
  readonly #events = new CompactingQueue<MessageEvent>();
  #over = false;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  get length(): number {
    return this.#events.length;
  }

  push(event: MessageEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  /** Nothing more comes. @param failure thrown to who takes after the last event */
  end(failure?: Error): void {
    this.#over = true;
    this.#failure = failure;
    this.#wake();
  }

  /** The next event; undefined at the end. */
  async take(): Promise<MessageEvent | undefined> {
    while (this.#events.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#events.shift();
    if (event === undefined && this.#failure !== undefined) throw this.#failure;
    return event;
  }
}
