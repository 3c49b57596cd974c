import { randomBytes } from 'node:crypto';
import { CompactingQueue } from '../../shared/compacting-queue.ts';
import { DEFAULT_MEMORY_LOG_AGE, DEFAULT_MEMORY_LOG_BYTES, DEFAULT_MEMORY_LOG_COUNT } from '../../shared/defaults.ts';
import { History, type HistoryEntry } from '../../shared/history.ts';
import { OBJECT_PRICE } from '../../shared/memory-price.ts';
import { hubOption } from '../../shared/option-validation.ts';
import { ownText } from '../../shared/own-text.ts';
import { reportException } from '../../shared/report-exception.ts';
import type { OptionNames } from '../../shared/unknown-options.ts';
import { HubError } from '../hub-error.ts';
import type { Appended, Log, LogEntry, LogRange, NewLogEntry, Tail, TailListener } from './log.ts';

/** Options of a MemoryLog. If one of them is 0, it keeps nothing. */
export interface MemoryLogOptions {
  /** The number of events. Default: 10,000. */
  count?: number | undefined;
  /** The bytes of memory that hold the events. Default: 32 MiB. */
  bytes?: number | undefined;
  /** The age of an event in milliseconds, since it was appended. Default: 3,600,000. */
  age?: number | undefined;
}

const NAMES: OptionNames<MemoryLogOptions> = { count: true, bytes: true, age: true };

interface KeptEntry extends LogEntry, HistoryEntry {
  readonly idempotencyKey: string | undefined;
}

/** The objects that an entry consists of: itself, its id, and its places in maps and queues. */
const OBJECTS_PER_ENTRY = 6;

/**
 * A log in the memory of one process. When the process ends, the log is lost: clients that reconnect receive a reset. An idempotency key
 * is remembered for as long as its event.
 */
export class MemoryLog implements Log {
  /** A prefix of the ids, so that an id of another log or process is recognized as unknown. */
  readonly #name: string = randomBytes(6).toString('base64url').replaceAll('-', '_');
  readonly #history: History<KeptEntry>;
  readonly #listeners = new Set<TailListener>();
  /** The id of each idempotency key. */
  readonly #keys = new Map<string, string>();
  #appended = 0;
  /** The entries that no listener has received yet: a listener may append an entry. */
  readonly #undelivered = new CompactingQueue<KeptEntry>();
  #isDelivering = false;
  /** The id of the latest entry that the listeners have received. */
  #deliveredId: string;
  #isClosed = false;

  /** @throws TypeError or RangeError for an invalid option, with the code HUB_ERR_INVALID_OPTION */
  constructor(options: MemoryLogOptions = {}) {
    const { count, bytes, age } = hubOption.options('MemoryLog', options, NAMES);
    const limits = {
      count: hubOption.nonNegative('count', count, DEFAULT_MEMORY_LOG_COUNT),
      bytes: hubOption.nonNegative('bytes', bytes, DEFAULT_MEMORY_LOG_BYTES, 'bytes'),
      age: hubOption.milliseconds('age', age, DEFAULT_MEMORY_LOG_AGE),
    };
    this.#deliveredId = `${this.#name}-0`;
    this.#history = new History(limits, this.#deliveredId, ({ id, idempotencyKey }) => {
      if (idempotencyKey !== undefined && this.#keys.get(idempotencyKey) === id) this.#keys.delete(idempotencyKey);
    });
  }

  async append({ topic, event, data, idempotencyKey }: NewLogEntry): Promise<Appended> {
    if (this.#isClosed) throw new HubError('HUB_ERR_CLOSED', 'The log is closed');
    const known = idempotencyKey === undefined ? undefined : this.#keys.get(idempotencyKey);
    if (known !== undefined) return { id: known, duplicate: true };
    const id = `${this.#name}-${++this.#appended}`;
    const length = topic.length + (event?.length ?? 0) + data.length + (idempotencyKey?.length ?? 0);
    const entry: KeptEntry = {
      id,
      topic: ownText(topic),
      event: event === undefined ? undefined : ownText(event),
      data: ownText(data),
      idempotencyKey: idempotencyKey === undefined ? undefined : ownText(idempotencyKey),
      time: performance.now(),
      memory: 2 * length + OBJECTS_PER_ENTRY * OBJECT_PRICE,
      bytesBefore: 0,
    };
    if (idempotencyKey !== undefined) this.#keys.set(entry.idempotencyKey!, id);
    this.#history.append(entry);
    this.#undelivered.push(entry);
    if (!this.#isDelivering) this.#deliverAll();
    return { id, duplicate: false };
  }

  async read(
    after: string,
    limit: number,
    maxBytes: number = Number.POSITIVE_INFINITY,
  ): Promise<readonly LogEntry[] | null> {
    this.#history.expire(performance.now());
    const position = this.#history.positionAfter(after);
    if (position === undefined) return null;
    const entries: LogEntry[] = [];
    const end = Math.min(this.#history.end, position + limit);
    let bytes = 0;
    for (let current = position; current < end && bytes < maxBytes; current++) {
      const entry = this.#history.at(current);
      entries.push(entry);
      bytes += entry.memory;
    }
    return entries;
  }

  async range(): Promise<LogRange> {
    this.#history.expire(performance.now());
    const { start, end, lastId } = this.#history;
    return { oldestId: start === end ? null : this.#history.at(start).id, latestId: lastId };
  }

  tail(listener: TailListener): Tail {
    this.#listeners.add(listener);
    listener.onStart(this.#deliveredId);
    return { close: () => void this.#listeners.delete(listener) };
  }

  compare(id: string, other: string): number {
    return this.#numberOf(id) - this.#numberOf(other);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
  }

  #numberOf(id: string): number {
    const [, name, digits] = /^(.*)-(\d+)$/.exec(id) ?? [];
    return name === this.#name ? Number(digits) : Number.NaN;
  }

  /** Delivers an entry, and entries that listeners append meanwhile. All listeners receive them in the same order. */
  #deliverAll(): void {
    this.#isDelivering = true;
    for (let entry = this.#undelivered.shift(); entry !== undefined; entry = this.#undelivered.shift()) {
      this.#deliveredId = entry.id;
      for (const listener of [...this.#listeners]) {
        try {
          listener.onEntries([entry]);
        } catch (error) {
          reportException(error);
        }
      }
    }
    this.#isDelivering = false;
  }
}
