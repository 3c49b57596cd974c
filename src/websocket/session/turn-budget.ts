import { CompactingQueue } from '../../shared/compacting-queue.ts';

/** What works for a peer, and can be stopped and continued. */
export interface Worker {
  /** Called in a later turn of the event loop, after `take()` has returned false. */
  continue(): void;
}

/** The estimated work of delivering a message or a control frame, in microseconds. */
export const EVENT_WORK = 3;

/** How many bytes, inflated on a thread, take a microsecond of the event loop: they are copied, validated and delivered. */
export const INFLATED_BYTES_PER_WORK = 4096;

/** The work in microseconds after which a worker asks whether it may continue. */
export const WORK_QUANTUM = 500;

/** The work in microseconds that all busy workers together may do in a turn of the event loop. */
const TURN_WORK = 10_000;

/**
 * Bounds the time for which the input of peers keeps the event loop busy without a pause. A worker that has done a quantum
 * of work takes it from the budget of this turn. When the budget is spent, the worker waits for a later turn, and the event
 * loop handles all else first. Those who wait share the next turns one after the other. Workers that do less than a quantum
 * in many turns, as almost all connections, hardly notice.
 *
 * Work is estimated from what arrives, not measured: a clock would charge a worker for what the application does.
 */
export class TurnBudget {
  #left = TURN_WORK;
  /** The worker in progress has to stop when no more than this is left. */
  #reserve = 0;
  #isTurnScheduled = false;
  readonly #waiting = new CompactingQueue<Worker>();

  /** Takes work that was done. Returns whether the worker may continue; if not, `continue()` will be called. */
  take(worker: Worker, work: number): boolean {
    this.#scheduleTurn();
    this.#left -= work;
    if (this.#left > this.#reserve) return true;
    this.#waiting.push(worker);
    return false;
  }

  #scheduleTurn(): void {
    if (this.#isTurnScheduled) return;
    this.#isTurnScheduled = true;
    setImmediate(() => this.#startTurn());
  }

  #startTurn(): void {
    this.#isTurnScheduled = false;
    this.#left = TURN_WORK;
    const count = this.#waiting.length;
    try {
      for (let index = 0; index < count && this.#left > 0; index++) {
        this.#reserve = this.#left - TURN_WORK / count;
        this.#waiting.shift()!.continue();
      }
    } finally {
      // Also if the application has thrown: the others must not wait for ever.
      this.#reserve = 0;
      if (this.#waiting.length > 0) this.#scheduleTurn();
    }
  }
}

/** The budget that all connections of the process share. */
export const turnBudget: TurnBudget = new TurnBudget();
