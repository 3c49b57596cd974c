import { EventEmitter, once } from 'node:events';
import type { Log, LogEntry, Tail, TailListener } from '../../../src/hub/log.ts';

/** Records what a tail says, and waits for it. */
export class RecordedTail implements TailListener {
  readonly starts: string[] = [];
  readonly entries: LogEntry[] = [];
  readonly errors: Error[] = [];
  /** The kinds of calls, in their order. */
  readonly calls: ('start' | 'entries' | 'error')[] = [];
  readonly tail: Tail;
  readonly #changes = new EventEmitter();

  private constructor(log: Log) {
    this.tail = log.tail(this);
  }

  /** Resolves when the tail has begun. */
  static async of(log: Log): Promise<RecordedTail> {
    const recorded = new RecordedTail(log);
    await recorded.until(({ starts }) => starts.length > 0);
    return recorded;
  }

  onStart(latestId: string): void {
    this.starts.push(latestId);
    this.#called('start');
  }

  onEntries(entries: readonly LogEntry[]): void {
    this.entries.push(...entries);
    this.#called('entries');
  }

  onError(error: Error): void {
    this.errors.push(error);
    this.#called('error');
  }

  get data(): string[] {
    return this.entries.map(({ data }) => data);
  }

  async until(condition: (tail: RecordedTail) => boolean): Promise<void> {
    while (!condition(this)) await once(this.#changes, 'change');
  }

  #called(kind: 'start' | 'entries' | 'error'): void {
    this.calls.push(kind);
    this.#changes.emit('change');
  }
}
