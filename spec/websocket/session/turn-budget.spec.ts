import { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Compression } from '../../../src/websocket/session/compression.ts';
import type { OpenTransport } from '../../../src/websocket/session/open-transport.ts';
import { Session } from '../../../src/websocket/session/session.ts';
import { sessionOptions } from '../../../src/websocket/session/session-options.ts';
import { TurnBudget, WORK_QUANTUM, type Worker } from '../../../src/websocket/session/turn-budget.ts';
import { frame } from '../../support/frames.ts';
import { nextTurns } from '../../support/held-transport.ts';

/** A worker with an amount of work, who does it a quantum at a time. */
class TestWorker implements Worker {
  readonly #budget: TurnBudget;
  left: number;
  /** What it did each time before it had to wait. */
  readonly turns: number[] = [];

  constructor(budget: TurnBudget, work: number) {
    this.#budget = budget;
    this.left = work;
  }

  continue(): void {
    let done = 0;
    while (this.left > 0) {
      this.left -= WORK_QUANTUM;
      done += WORK_QUANTUM;
      if (!this.#budget.take(this, WORK_QUANTUM)) break;
    }
    this.turns.push(done);
  }
}

function fakeTurns(): void {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  onTestFinished(() => void vi.useRealTimers());
}

const TURN = 10_000;

describe('TurnBudget', () => {
  it('lets a worker continue until the work of a turn is done, and again in each turn that follows', () => {
    fakeTurns();
    const worker = new TestWorker(new TurnBudget(() => 0), 3 * TURN);
    worker.continue();
    for (let turn = 0; turn < 5; turn++) vi.advanceTimersToNextTimer();
    expect(worker.turns).toEqual([TURN, TURN, TURN, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shares a turn among waiting workers, and exceeds the budget by at most one quantum for each', () => {
    fakeTurns();
    const budget = new TurnBudget(() => 0);
    const workers = Array.from({ length: 30 }, () => new TestWorker(budget, 2 * TURN));
    for (const worker of workers) worker.continue();
    let turns = 0;
    const done = (): number => workers.reduce((sum, { left }) => sum + 2 * TURN - left, 0);
    for (let before = done(); vi.getTimerCount() > 0; before = done()) {
      vi.advanceTimersToNextTimer();
      turns++;
      expect(done() - before).toBeLessThanOrEqual(TURN + WORK_QUANTUM);
      // Nobody is far ahead of the others.
      const lefts = workers.map(({ left }) => left);
      if (Math.min(...lefts) > 0) expect(Math.max(...lefts) - Math.min(...lefts)).toBeLessThanOrEqual(TURN);
    }
    expect(workers.every(({ left }) => left <= 0)).toBe(true);
    expect(turns).toBeGreaterThan(50);
  });

  it('continues the others in the next turn after one has thrown', () => {
    fakeTurns();
    const budget = new TurnBudget(() => 0);
    const thrower = { continue: () => expect.fail('thrown by the application') };
    const other = new TestWorker(budget, TURN);
    expect(budget.take(thrower, TURN)).toBe(false);
    expect(budget.take(other, WORK_QUANTUM)).toBe(false);
    expect(() => vi.advanceTimersToNextTimer()).toThrow('thrown by the application');
    vi.advanceTimersToNextTimer();
    expect(other.left).toBeLessThan(TURN);
  });

  it('counts the time that the application takes', () => {
    fakeTurns();
    let now = 5;
    const budget = new TurnBudget(() => now);
    const worker = { continue: () => {} };
    expect(budget.take(worker, WORK_QUANTUM)).toBe(true);
    now += 9;
    expect(budget.take(worker, WORK_QUANTUM)).toBe(true);
    now += 1;
    expect(budget.take(worker, WORK_QUANTUM)).toBe(false);
    vi.advanceTimersToNextTimer();
    now += 9;
    expect(budget.take(worker, WORK_QUANTUM)).toBe(true);
    vi.advanceTimersToNextTimer();
    // Time that passed without work does not count.
    now += 100;
    expect(budget.take(worker, WORK_QUANTUM)).toBe(true);
  });
});

describe('many connections', () => {
  /** How much work a message is, by the estimate of its inflation. */
  const WORK = 200;

  /** A server's session whose peer sends compressed messages. */
  function compressedSession(onMessage: () => void): Duplex {
    const inflater = { takeWork: () => WORK, inflateIfQuick: () => Buffer.from('x'), inflateLater: () => {} };
    const ignore = (): void => {};
    const listener = {
      onPing: ignore,
      onPong: ignore,
      onClosing: ignore,
      onDrain: ignore,
      onError: ignore,
      onLost: ignore,
    };
    const transport = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    const open: OpenTransport = {
      transport,
      head: Buffer.alloc(0),
      agreement: { protocol: '', extensions: [], deflate: null },
      endpoint: { role: 'server' },
      options: sessionOptions({}),
      compression: { inflater, concurrencyLimit: 1, queuePosition: 0 } as unknown as Compression,
      supervisor: null,
    };
    new Session(open, { ...listener, onMessage, onClosed: ignore });
    onTestFinished(() => void transport.destroy());
    return transport;
  }

  it.each([1, 3])(
    'that each receive %i small messages of much work do the work of one turn in a turn',
    async (count) => {
      let delivered = 0;
      const transports = Array.from({ length: 400 }, () => compressedSession(() => void delivered++));
      await nextTurns(2);
      const message = frame({ rsv: 4, opcode: 2, payload: 'x' });
      for (const transport of transports) for (let left = count; left > 0; left--) transport.push(message);
      const turns = [delivered];
      for (let before = delivered; delivered < 400 * count && turns.length < 300; before = delivered) {
        await nextTurns(1);
        turns.push(delivered - before);
      }
      expect(delivered).toBe(400 * count);
      expect(Math.max(...turns)).toBeLessThanOrEqual(TURN / WORK + count);
    },
  );
});
