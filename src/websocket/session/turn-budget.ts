import { CompactingQueue } from '../../shared/compacting-queue.ts';

/** Work for a peer that can be stopped and continued. */
export interface Worker {
  /** Called in a later turn of the event loop, after `take()` has returned false. */
  continue(): void;
}

/** The estimated work of delivering a message or a control frame, in microseconds. */
export const EVENT_WORK = 3;

/** The estimated work of receiving bytes that are not in tiny pieces, in microseconds. */
export function receiveWork(bytes: number): number {
  return Math.floor(bytes / 512);
}

/** The estimated work in microseconds of bytes that a thread has inflated: they are copied, validated and delivered. */
export function inflatedWork(bytes: number): number {
  return Math.ceil(bytes / 4096);
}

/**
 * The estimated work of compressing a message synchronously to this many bytes, in microseconds. Measured: a small message takes
 * 3 to 15 us.
 */
export function deflateWork(compressedBytes: number): number {
  return 8 + Math.ceil(compressedBytes / 16);
}

/** The work in microseconds after which a worker asks whether it may continue. */
export const WORK_QUANTUM = 500;

/** If a chunk causes this work in microseconds, it is taken from the budget at once: many connections may receive such a chunk. */
export const CHUNK_WORK = 10;

/** The work in microseconds that all busy workers together may do in a turn of the event loop. */
const TURN_WORK = 10_000;

/**
 * Limits the time for which the input of peers blocks the event loop. A worker that has done a quantum of work takes it from the
 * budget of this turn. When the budget is used up, the worker waits for a later turn, and the event loop handles everything else
 * first. Waiting workers take turns. Workers that do less than a quantum per turn, as almost all connections, are hardly affected.
 *
 * Work is estimated from the input. The clock, which is read once for a quantum, adds the time that the listeners of the application
 * take.
 */
export class TurnBudget {
  readonly #now: () => number;
  #left = TURN_WORK;
  /** When the turn began, or its first quantum ended, in milliseconds. */
  #startedAt = 0;
  /** The worker in progress has to stop when no more than this is left. */
  #reserve = 0;
  #isTurnScheduled = false;
  readonly #waiting = new CompactingQueue<Worker>();

  /** @param now a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the budget of this turn is used up. Then a worker should wait before it starts work that may take long. */
  get isSpent(): boolean {
    return this.#isTurnScheduled && this.#remaining <= 0;
  }

  /** Takes work that was done. Returns whether the worker may continue; if not, `continue()` will be called. */
  take(worker: Worker, work: number): boolean {
    if (!this.#isTurnScheduled) {
      this.#scheduleTurn();
      this.#startedAt = this.#now();
    }
    this.#left -= work;
    if (this.#remaining > this.#reserve) return true;
    this.#waiting.push(worker);
    return false;
  }

  /** The rest of the budget, by the estimates or by the clock. */
  get #remaining(): number {
    return Math.min(this.#left, TURN_WORK - 1000 * (this.#now() - this.#startedAt));
  }

  #scheduleTurn(): void {
    this.#isTurnScheduled = true;
    setImmediate(() => this.#startTurn());
  }

  #startTurn(): void {
    this.#isTurnScheduled = false;
    this.#left = TURN_WORK;
    const count = this.#waiting.length;
    if (count === 0) return;
    // Their work belongs to the next turn, together with the input of that turn.
    this.#scheduleTurn();
    this.#startedAt = this.#now();
    try {
      for (let index = 0; index < count && this.#remaining > 0; index++) {
        this.#reserve = this.#remaining - TURN_WORK / count;
        this.#waiting.shift()!.continue();
      }
    } finally {
      // Also if the application has thrown.
      this.#reserve = 0;
    }
  }
}

/** The budget that all connections of the process share. */
export const turnBudget: TurnBudget = /* @__PURE__ */ new TurnBudget();
