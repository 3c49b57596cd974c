import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History, type HistoryEntry } from '../src/shared/history.ts';
import { EventChannel, EventParser, EventStream } from '../src/sse/index.ts';

/** A response that records writes and can stall. */
class FakeResponse extends EventEmitter {
  readonly chunks: Buffer[] = [];
  stalled = false;
  statusCode = 0;
  headersSent = false;

  setHeader(): void {}

  removeHeader(): void {}
  flushHeaders(): void {}

  write(chunk: Buffer | string): boolean {
    this.chunks.push(Buffer.from(chunk));
    return !this.stalled;
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    this.emit('close');
  }
}

/** A client that connects, stalls, loses its connection with data in flight, and reconnects. */
class Client {
  readonly #broadcast: readonly boolean[];
  readonly #numberOf: ReadonlyMap<string, number>;
  readonly #historyCount: number;
  #response: FakeResponse | undefined;
  #lastEventId = '';
  /** The number of the next event that it must receive if its filter accepts it. Undefined before the first connection. */
  #next: number | undefined;

  /** @param broadcast For each event so far, whether the filter accepts it. */
  constructor(broadcast: readonly boolean[], numberOf: ReadonlyMap<string, number>, historyCount: number) {
    this.#broadcast = broadcast;
    this.#numberOf = numberOf;
    this.#historyCount = historyCount;
  }

  connect(channel: EventChannel<boolean>): void {
    if (this.#response !== undefined) return;
    this.#response = new FakeResponse();
    const headers = this.#lastEventId === '' ? {} : { 'last-event-id': this.#lastEventId };
    const request = { method: 'GET', headers } as unknown as IncomingMessage;
    const stream = EventStream.open(request, this.#response as unknown as ServerResponse, { heartbeat: 0 });
    channel.add(stream, { filter: (_event, visible) => visible });
  }

  stall(): void {
    if (this.#response !== undefined) this.#response.stalled = true;
  }

  resume(): void {
    if (this.#response === undefined) return;
    this.#response.stalled = false;
    this.#response.emit('drain');
  }

  /** @param lost The number of last writes that did not arrive. */
  disconnect(lost: number): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#response = undefined;
    response.destroy();
    const arrived = response.chunks.slice(0, Math.max(0, response.chunks.length - lost));
    const parser = new EventParser(
      { onEvent: ({ type, data, lastEventId }) => this.#take(type, data, lastEventId) },
      { lastEventId: this.#lastEventId },
    );
    for (const chunk of arrived) parser.push(chunk);
    this.#lastEventId = parser.lastEventId;
    // Without an id, the client would miss events that are sent before it reconnects.
    if (lost === 0) expect(this.#lastEventId).not.toBe('');
    if (this.#lastEventId !== '') this.#moveTo(this.#numberOf.get(this.#lastEventId)! + 1);
  }

  /** Expects that the client has received all events that its filter accepts. */
  expectAllSeen(): void {
    this.#moveTo(this.#broadcast.length);
  }

  #take(type: string, data: string, lastEventId: string): void {
    if (type === 'reset') {
      const position = this.#numberOf.get(lastEventId)! + 1;
      // Only events that the history no longer has may be missing.
      expect(position - this.#next!).toBeGreaterThan(this.#historyCount);
      this.#next = position;
    } else {
      const number = Number(data);
      expect(this.#broadcast[number]).toBe(true);
      if (this.#next !== undefined) expect(number).toBeGreaterThanOrEqual(this.#next);
      this.#moveTo(number);
      this.#next = number + 1;
    }
  }

  /** Moves to an event. The filter must reject all skipped events. */
  #moveTo(number: number): void {
    if (this.#next === undefined) this.#next = number;
    for (; this.#next < number; this.#next++) expect(this.#broadcast[this.#next]).toBe(false);
  }
}

describe('EventChannel', () => {
  const client = fc.nat({ max: 1 });
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('broadcast' as const), visible: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), client }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('disconnect' as const), client, lost: fc.nat({ max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('stall' as const), client }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('resume' as const), client }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  );

  it('sends each client all events that its filter accepts, once and in order, or a reset event if the history is too short', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 8 }),
        async (actions, count) => {
          const channel = new EventChannel<boolean>({ history: { count } });
          const broadcast: boolean[] = [];
          const numberOf = new Map([[channel.lastEventId, -1]]);
          const clients = Array.from({ length: 2 }, () => new Client(broadcast, numberOf, count));
          for (const act of actions) {
            if (act.do === 'broadcast') {
              const number = broadcast.push(act.visible) - 1;
              numberOf.set(channel.broadcast(`${number}`, act.visible), number);
            } else if (act.do === 'connect') clients[act.client]!.connect(channel);
            else if (act.do === 'disconnect') clients[act.client]!.disconnect(act.lost);
            else if (act.do === 'stall') clients[act.client]!.stall();
            else if (act.do === 'resume') clients[act.client]!.resume();
            else await new Promise(setImmediate);
          }
          // At the end, all clients receive the remaining events.
          for (const each of clients) {
            each.connect(channel);
            each.resume();
          }
          await new Promise(setImmediate);
          for (const each of clients) {
            each.disconnect(0);
            each.expectAllSeen();
          }
          await new Promise(setImmediate);
          expect(channel.size).toBe(0);
        },
      ),
    );
  });
});

describe('History', () => {
  it('keeps the latest events within its limits', () => {
    const step = fc.record({ id: fc.nat({ max: 9 }), length: fc.nat({ max: 30 }), wait: fc.nat({ max: 3 }) });
    const bounds = fc.record({ count: fc.nat({ max: 6 }), bytes: fc.nat({ max: 4000 }), age: fc.nat({ max: 10 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), bounds, (steps, limits) => {
        const history = new History<HistoryEntry>(limits, 'start');
        const all: { id: string; length: number; time: number }[] = [{ id: 'start', length: 0, time: 0 }];
        let time = 0;
        for (const { id, length, wait } of steps) {
          time += wait;
          const memory = 2 * length + 768;
          all.push({ id: `${id}`, length: memory, time });
          history.append({ id: `${id}`, time, memory, bytesBefore: 0 });

          // Finds the longest tail within the limits. The first entry is the position before the first event.
          const fits = (from: number): boolean => {
            const tail = all.slice(from);
            const size = tail.reduce((sum, entry) => sum + entry.length, 0);
            return (
              tail.length <= limits.count && size <= limits.bytes && tail.every((one) => time - one.time < limits.age)
            );
          };
          let from = 1;
          while (from < all.length && !fits(from)) from++;
          expect([history.start + 1, history.end + 1, history.lastId]).toEqual([from, all.length, `${id}`]);
          for (let position = history.start; position < history.end; position++) {
            expect(history.at(position).id).toBe(all[position + 1]!.id);
          }
          for (const candidate of ['start', ...Array.from({ length: 10 }, (_, index) => `${index}`)]) {
            const last = all.findLastIndex((entry) => entry.id === candidate);
            expect(history.positionAfter(candidate)).toBe(last === -1 || last < from - 1 ? undefined : last);
          }
        }
      }),
    );
  });
});
