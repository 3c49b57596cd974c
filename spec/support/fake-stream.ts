import { EventParser, type EventStream } from '../../src/sse/index.ts';

/** An event stream without a socket. It notes what its client receives, and can stop reading. */
export class FakeStream {
  readonly lastEventId: string;
  /** `data`, or `type: data`. */
  readonly received: string[] = [];
  closed = false;
  isReading = true;
  writes = 0;
  readonly #parser: EventParser;
  readonly #onEnd = new Set<() => void>();
  #waiting: ((isOpen: boolean) => void)[] = [];

  constructor(lastEventId = '') {
    this.lastEventId = lastEventId;
    this.#parser = new EventParser(
      { onEvent: ({ type, data }) => void this.received.push(type === 'message' ? data : `${type}: ${data}`) },
      { lastEventId },
    );
  }

  /** As the type that a hub takes. */
  get asStream(): EventStream {
    return this as unknown as EventStream;
  }

  /** The id from which on its client would continue. */
  get clientId(): string {
    return this.#parser.lastEventId;
  }

  get _sendMemory(): number {
    return this.isReading ? 0 : 1000;
  }

  _writeChunk(chunk: Buffer): boolean {
    if (this.closed) return false;
    this.writes++;
    this.#parser.push(chunk.subarray(chunk.indexOf('\n') + 1, -2));
    return this.isReading;
  }

  _onEnd(callback: () => void): void {
    this.#onEnd.add(callback);
  }

  _offEnd(callback: () => void): void {
    this.#onEnd.delete(callback);
  }

  drained(): Promise<boolean> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  read(): void {
    this.isReading = true;
    for (const resolve of this.#waiting.splice(0)) resolve(!this.closed);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.read();
    for (const callback of [...this.#onEnd]) callback();
  }

  async shutdown(): Promise<void> {
    this.close();
  }

  send(): boolean {
    return this.isReading;
  }
}

/** Waits until nothing moves any more: what a hub does later, it does in the next turns of the event loop. */
export async function settled(turns = 12): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
}
