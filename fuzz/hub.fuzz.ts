import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Appended, Hub, type Log, type LogEntry, type NewLogEntry, type TailListener } from '../src/hub/index.ts';
import { EventParser, type EventStream } from '../src/sse/index.ts';

const TOPICS = ['a', 'a/b', 'a/c', 'd'] as const;
const FILTERS = ['a', 'a/b', 'a/*', 'd', '*'] as const;

const matches = (filter: string, topic: string): boolean =>
  filter.endsWith('*') ? topic.startsWith(filter.slice(0, -1)) : topic === filter;

/** The engine that the logs of all processes share. */
class Engine {
  epoch = 1;
  entries: LogEntry[] = [];
  /** The id before the first entry. */
  before = '1-0';
  /** Whether entries were lost. */
  hasLost = false;
  #number = 0;
  /** The topics of all entries ever, by id, in their order, those included that were lost. */
  readonly all = new Map<string, { readonly index: number; readonly topic: string }>([
    ['1-0', { index: 0, topic: '' }],
  ]);

  get latestId(): string {
    return this.entries.at(-1)?.id ?? this.before;
  }

  append({ topic, event, data }: NewLogEntry): Appended {
    const id = `${this.epoch}-${++this.#number}`;
    this.entries.push({ id, topic, event, data });
    this.all.set(id, { index: this.all.size, topic });
    return { id, duplicate: false };
  }

  trim(count: number): void {
    const removed = this.entries.splice(0, Math.min(count, this.entries.length));
    this.before = removed.at(-1)?.id ?? this.before;
    if (removed.length > 0) this.hasLost = true;
  }

  /** Restarts: the latest entries may be lost, and nobody knows which. */
  restart(): void {
    this.hasLost = true;
    this.epoch++;
    this.entries = [];
    this.before = `${this.epoch}-0`;
    this.#number = 0;
    this.all.set(this.before, { index: this.all.size, topic: '' });
  }
}

/** The log of one process, whose tail lags behind. */
class LaggingLog implements Log {
  readonly #engine: Engine;
  /** How many of the next reads fail. */
  failures = 0;
  #listener: TailListener | undefined;
  #position = '';

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async append(entry: NewLogEntry): Promise<Appended> {
    return this.#engine.append(entry);
  }

  async read(after: string, limit: number): Promise<readonly LogEntry[] | null> {
    await nextTurn();
    if (this.failures > 0) {
      this.failures--;
      throw new Error('failed');
    }
    const index = this.#indexAfter(after);
    return index === undefined ? null : this.#engine.entries.slice(index, index + limit);
  }

  async range(): Promise<{ oldestId: string | null; latestId: string }> {
    return { oldestId: this.#engine.entries[0]?.id ?? null, latestId: this.#engine.latestId };
  }

  tail(listener: TailListener): { close(): void } {
    this.#listener = listener;
    return { close: () => (this.#listener = undefined) };
  }

  /** Reads up to `count` entries. */
  pump(count: number): void {
    const index = this.#indexAfter(this.#position);
    if (index === undefined) {
      this.#position = this.#engine.latestId;
      this.#listener?.onStart(this.#position);
      return;
    }
    const entries = this.#engine.entries.slice(index, index + count);
    if (entries.length === 0) return;
    this.#position = entries.at(-1)!.id;
    this.#listener?.onEntries(entries);
  }

  compare(id: string, other: string): number {
    const [epoch, number] = id.split('-');
    const [otherEpoch, otherNumber] = other.split('-');
    return epoch === otherEpoch ? Number(number) - Number(otherNumber) : Number.NaN;
  }

  async close(): Promise<void> {}

  #indexAfter(id: string): number | undefined {
    const { entries, before } = this.#engine;
    if (id === before) return 0;
    const index = entries.findIndex((entry) => entry.id === id);
    return index === -1 ? undefined : index + 1;
  }
}

/** The connection of a client that can stop reading. */
class Connection {
  readonly _sendMemory = 0;
  readonly lastEventId: string;
  closed = false;
  isReading = true;
  readonly #onChunk: (text: Buffer) => void;
  #onEnd: (() => void) | undefined;
  #waiting: ((isOpen: boolean) => void)[] = [];

  constructor(lastEventId: string, onChunk: (text: Buffer) => void) {
    this.lastEventId = lastEventId;
    this.#onChunk = onChunk;
  }

  _writeChunk(chunk: Buffer): boolean {
    if (this.closed) return false;
    this.#onChunk(chunk.subarray(chunk.indexOf('\n') + 1, -2));
    return this.isReading;
  }

  _onEnd(callback: () => void): void {
    this.#onEnd = callback;
  }

  _offEnd(): void {
    this.#onEnd = undefined;
  }

  drained(): Promise<boolean> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  read(): void {
    this.isReading = true;
    for (const resolve of this.#waiting.splice(0)) resolve(!this.closed);
  }

  end(): void {
    this.closed = true;
    this.read();
    this.#onEnd?.();
  }
}

/** A client that checks that it receives each event of its topics once, in the order of the log; or a reset, if events were lost. */
class Client {
  readonly #engine: Engine;
  /** Its topic filters, and the index of the entry after which each of them counts. */
  readonly #filters: Map<string, number>;
  #hub: Hub | undefined;
  #connection: Connection | undefined;
  /** The id of the last event that it has received. */
  #lastId = '';
  /** What went wrong first. The hub would report it as an uncaught exception. */
  #failure: unknown;

  constructor(engine: Engine, filters: readonly string[]) {
    this.#engine = engine;
    this.#filters = new Map(filters.map((filter) => [filter, -1]));
  }

  connect(hub: Hub): void {
    if (this.#connection !== undefined) return;
    const parser = new EventParser(
      { onEvent: ({ type, lastEventId }) => this.#onEvent(type, lastEventId) },
      { lastEventId: this.#lastId },
    );
    this.#connection = new Connection(this.#lastId, (chunk) => {
      try {
        parser.push(chunk);
        this.#moveTo(parser.lastEventId);
      } catch (error) {
        this.#failure ??= error;
      }
    });
    this.#hub = hub;
    // When it comes back, its cursor counts for all of its topics.
    for (const filter of this.#filters.keys()) this.#filters.set(filter, -1);
    hub.subscribe(this.#connection as unknown as EventStream, [...this.#filters.keys()]);
  }

  /** Subscribes to another topic, whose events it receives from its position on. */
  addFilter(filter: string): void {
    if (this.#connection === undefined || this.#filters.has(filter)) return;
    const connection = this.#connection as unknown as EventStream;
    const position = this.#hub!._positionOf(connection)!;
    this.#filters.set(filter, this.#engine.all.get(position)?.index ?? -1);
    this.#hub!.subscribe(connection, filter);
  }

  removeFilter(filter: string): void {
    if (this.#connection === undefined || this.#filters.size === 1 || !this.#filters.delete(filter)) return;
    this.#hub!.unsubscribe(this.#connection as unknown as EventStream, filter);
  }

  stall(): void {
    if (this.#connection !== undefined) this.#connection.isReading = false;
  }

  read(): void {
    this.#connection?.read();
  }

  disconnect(): void {
    this.#connection?.end();
    this.#connection = undefined;
  }

  /** Whether it has received all events. */
  expectComplete(): void {
    if (this.#failure !== undefined) throw this.#failure;
    expect(this.#missedBefore(Number.POSITIVE_INFINITY)).toEqual([]);
  }

  #onEvent(type: string, id: string): void {
    if (type === 'reset') {
      expect(this.#engine.hasLost).toBe(true);
      this.#lastId = id;
      return;
    }
    const { index, topic } = this.#engine.all.get(id)!;
    expect(this.#isDue(index, topic)).toBe(true);
    expect(index).toBeGreaterThan(this.#index);
    // Without an id, it receives what is published from some moment on.
    if (this.#lastId !== '') expect(this.#missedBefore(index)).toEqual([]);
    this.#lastId = id;
  }

  /** An id alone says that nothing was missed. */
  #moveTo(id: string): void {
    if (id === this.#lastId) return;
    const { index } = this.#engine.all.get(id)!;
    if (this.#lastId !== '') expect(this.#missedBefore(index + 1)).toEqual([]);
    this.#lastId = id;
  }

  get #index(): number {
    return this.#engine.all.get(this.#lastId)?.index ?? -1;
  }

  #missedBefore(end: number): string[] {
    const missed: string[] = [];
    for (const [id, { index, topic }] of this.#engine.all) {
      if (index <= this.#index || index >= end) continue;
      if (this.#isDue(index, topic)) missed.push(id);
    }
    return missed;
  }

  #isDue(index: number, topic: string): boolean {
    return [...this.#filters].some(([filter, from]) => index > from && matches(filter, topic));
  }
}

const PROCESSES = 2;
const CLIENTS = 3;

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('publish' as const), topic: fc.constantFrom(...TOPICS) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pump' as const), process: fc.nat(PROCESSES - 1), count: fc.nat(4) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('connect' as const),
      client: fc.nat(CLIENTS - 1),
      process: fc.nat(PROCESSES - 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('disconnect' as const), client: fc.nat(CLIENTS - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stall' as const), client: fc.nat(CLIENTS - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), client: fc.nat(CLIENTS - 1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('add' as const, 'remove' as const),
      client: fc.nat(CLIENTS - 1),
      filter: fc.constantFrom(...FILTERS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('fail' as const), process: fc.nat(PROCESSES - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trim' as const), count: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

describe('a hub on a log that several processes share', () => {
  it('sends each client every event of its topics, once and in the order of the log, or a reset if events were lost', async () => {
    const filters = fc.uniqueArray(fc.constantFrom(...FILTERS), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(action, fc.nat(3)), { maxLength: 60, size: 'max' }),
        fc.array(filters, { minLength: CLIENTS, maxLength: CLIENTS }),
        fc.nat(6),
        fc.boolean(),
        async (actions, topics, count, losesEvents) => {
          const engine = new Engine();
          const logs = Array.from({ length: PROCESSES }, () => new LaggingLog(engine));
          const hubs = logs.map((log) => new Hub({ log, recent: { count } }));
          const clients = topics.map((one) => new Client(engine, one));
          for (const [one, turns] of actions) {
            if (one.kind === 'publish') void hubs[0]!.publish(one.topic, { data: 1 });
            else if (one.kind === 'pump') logs[one.process]!.pump(one.count + 1);
            else if (one.kind === 'connect') clients[one.client]!.connect(hubs[one.process]!);
            else if (one.kind === 'disconnect') clients[one.client]!.disconnect();
            else if (one.kind === 'stall') clients[one.client]!.stall();
            else if (one.kind === 'read') clients[one.client]!.read();
            else if (one.kind === 'add') clients[one.client]!.addFilter(one.filter);
            else if (one.kind === 'remove') clients[one.client]!.removeFilter(one.filter);
            else if (one.kind === 'fail') logs[one.process]!.failures = 1;
            else if (!losesEvents) continue;
            else if (one.kind === 'trim') engine.trim(one.count);
            else if (one.kind === 'restart') engine.restart();
            for (let turn = 0; turn < turns; turn++) await nextTurn();
          }
          const settle = async (): Promise<void> => {
            for (let turn = 0; turn < 12; turn++) {
              for (const log of logs) log.pump(100);
              await nextTurn();
            }
            // A failed read is tried again after a while.
            while (hubs.some((hub) => hub.metrics().behind > 0))
              await new Promise((resolve) => setTimeout(resolve, 10));
          };
          for (const [index, client] of clients.entries()) {
            client.connect(hubs[index % PROCESSES]!);
            client.read();
          }
          await settle();
          // An event for each topic, which all must receive.
          for (const topic of TOPICS) await hubs[1]!.publish(topic, { data: 2 });
          await settle();
          for (const client of clients) {
            client.expectComplete();
            client.disconnect();
          }
          await Promise.all(hubs.map((hub) => hub.shutdown({ timeout: 0 })));
        },
      ),
    );
  });
});
