import type { Appended, Log, LogEntry, LogRange, NewLogEntry, Tail, TailListener } from '../../src/hub/index.ts';

/** A log with ids `1-1`, `1-2` and so on, whose reads a test can hold, count and let fail. After a restart, they are `2-1` and so on. */
export class FakeLog implements Log {
  entries: LogEntry[] = [];
  listener: TailListener | undefined;
  /** The arguments of the reads: `after limit`. */
  readonly reads: string[] = [];
  /** The last argument of the latest read. */
  maxBytes = 0;
  /** Called before a read is answered. */
  beforeRead: (after: string) => unknown = () => {};
  /** The id before the first entry. */
  before = '1-0';
  isClosed = false;
  #epoch = 1;
  #number = 0;

  get latestId(): string {
    return this.entries.at(-1)?.id ?? this.before;
  }

  /** Appends entries. The tail does not receive them: they are older than what a process remembers. */
  add(count: number, { topic = 'a', data = 'x' as unknown } = {}): string[] {
    const ids: string[] = [];
    for (let added = 0; added < count; added++) {
      const id = `${this.#epoch}-${++this.#number}`;
      this.entries.push({ id, topic, event: undefined, data: JSON.stringify(data) });
      ids.push(id);
    }
    return ids;
  }

  /** Appends an entry, which the tail receives. */
  addLive(topic = 'a', data: unknown = 'x'): string {
    const [id] = this.add(1, { topic, data });
    this.listener?.onEntries([this.entries.at(-1)!]);
    return id!;
  }

  async append({ topic, data }: NewLogEntry): Promise<Appended> {
    return { id: this.addLive(topic, JSON.parse(data)), duplicate: false };
  }

  async read(after: string, limit: number, maxBytes = Number.POSITIVE_INFINITY): Promise<readonly LogEntry[] | null> {
    this.reads.push(`${after} ${limit}`);
    this.maxBytes = maxBytes;
    await this.beforeRead(after);
    const index = after === this.before ? 0 : this.entries.findIndex(({ id }) => id === after) + 1;
    if (index === 0 && after !== this.before) return null;
    return this.entries.slice(index, index + limit);
  }

  async range(): Promise<LogRange> {
    return { oldestId: this.entries[0]?.id ?? null, latestId: this.latestId };
  }

  tail(listener: TailListener): Tail {
    this.listener = listener;
    return { close: () => (this.listener = undefined) };
  }

  /** The tail begins at the end of the log. */
  start(): void {
    this.listener?.onStart(this.latestId);
  }

  trim(count: number): void {
    this.before = this.entries.splice(0, count).at(-1)?.id ?? this.before;
  }

  /** The log has lost everything, and begins anew. */
  restart(): void {
    this.#epoch++;
    this.#number = 0;
    this.entries = [];
    this.before = `${this.#epoch}-0`;
    this.start();
  }

  compare(id: string, other: string): number {
    const [[epoch, number], [otherEpoch, otherNumber]] = [id.split('-'), other.split('-')];
    return epoch === otherEpoch ? Number(number) - Number(otherNumber) : Number.NaN;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}
