import { CompactingQueue } from '../../shared/compacting-queue.ts';

/** The memory of an event in addition to its bytes: a Buffer and a place in the queue. Measured with Node 20: 113 bytes. */
const OVERHEAD = 128;

/** The encoded events that wait for a client that does not read, oldest first. */
export class PendingEvents extends CompactingQueue<Buffer> {
  #bytes = 0;

  /** The bytes of the events, including the memory that holds them, so that a limit also bounds many tiny events. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the queue stays within `maxBytes` if the event is added. */
  hasRoomFor(event: Buffer, maxBytes: number): boolean {
    return this.#bytes + event.length + OVERHEAD <= maxBytes;
  }

  override push(event: Buffer): void {
    super.push(event);
    this.#bytes += event.length + OVERHEAD;
  }

  override shift(): Buffer | undefined {
    const event = super.shift();
    if (event !== undefined) this.#bytes -= event.length + OVERHEAD;
    return event;
  }

  override clear(): void {
    super.clear();
    this.#bytes = 0;
  }
}
