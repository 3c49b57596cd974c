import { CompactingQueue } from '../../shared/compacting-queue.ts';

/** The events that a `for await` loop has not received yet. */
export class EventQueue {
  readonly #events = new CompactingQueue<MessageEvent>();
  #ended = false;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  get length(): number {
    return this.#events.length;
  }

  push(event: MessageEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  /**
   * Ends the queue after its last event.
   *
   * @param failure the error that `take()` then throws. Default: none; `take()` returns undefined
   */
  end(failure?: Error): void {
    this.#ended = true;
    this.#failure = failure;
    this.#wake();
  }

  /** Waits for the next event; returns undefined at the end. */
  async take(): Promise<MessageEvent | undefined> {
    while (this.#events.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#events.shift();
    if (event === undefined && this.#failure !== undefined) throw this.#failure;
    return event;
  }
}
