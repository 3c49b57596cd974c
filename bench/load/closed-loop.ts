import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** The number of operations in a turn, and its duration. */
export interface Turn {
  readonly count: number;
  readonly seconds: number;
  /** The seconds of CPU time that the server has used, if they were measured. */
  readonly cpuSeconds?: number;
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));

/**
 * A load that runs in turns and is idle between them. Each client sends again when the answer to its last write has arrived.
 * A turn ends when all answers have arrived.
 */
export class ClosedLoop {
  readonly #clients: readonly (() => void)[];
  readonly #pauseMilliseconds: number;
  #running = false;
  #inFlight = 0;
  #onAllAnswered: () => void = () => {};

  /**
   * @param clients           Functions that send once. When the answer has arrived, they call `again()`.
   * @param pauseMilliseconds How long the process sleeps after it has read the answers that are there, so that more arrive
   *   meanwhile. A process that is woken for each answer takes more than twice as much CPU time. The server must have enough to
   *   do for that long.
   */
  constructor(clients: readonly (() => void)[], pauseMilliseconds = 0) {
    this.#clients = clients;
    this.#pauseMilliseconds = pauseMilliseconds;
  }

  again(send: () => void): void {
    if (this.#running) return send();
    this.#inFlight--;
    if (this.#inFlight === 0) this.#onAllAnswered();
  }

  /** Runs a turn for each line of standard input, which holds its milliseconds, and prints the result. */
  serve(count: () => number): void {
    createInterface({ input: process.stdin })
      .on('line', async (milliseconds) => {
        const [before, start] = [count(), performance.now()];
        await this.#run(Number(milliseconds));
        const turn: Turn = { count: count() - before, seconds: (performance.now() - start) / 1000 };
        console.log(JSON.stringify(turn));
      })
      .on('close', () => process.exit());
    console.log('ready');
  }

  async #run(milliseconds: number): Promise<void> {
    const allAnswered = new Promise<void>((resolve) => {
      this.#onAllAnswered = resolve;
    });
    this.#running = true;
    this.#inFlight = this.#clients.length;
    for (const send of this.#clients) send();
    if (this.#pauseMilliseconds > 0) setImmediate(this.#pause);
    await wait(milliseconds);
    this.#running = false;
    await allAnswered;
  }

  /** Sleeps once in each turn of the event loop until all answers have arrived. */
  readonly #pause = (): void => {
    if (this.#inFlight === 0) return;
    Atomics.wait(NEVER, 0, 0, this.#pauseMilliseconds);
    setImmediate(this.#pause);
  };
}
