import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** What was counted in a turn, and how long it took. */
export interface Turn {
  readonly count: number;
  readonly seconds: number;
}

/**
 * A load that runs in turns, and rests between them: each client sends when what it has sent before has come back. A turn is
 * over when everything has.
 */
export class ClosedLoop {
  readonly #clients: readonly (() => void)[];
  #running = false;
  #inFlight = 0;
  #allIsBack: () => void = () => {};

  /** @param clients each sends once; `again` is to be called when that has come back */
  constructor(clients: readonly (() => void)[]) {
    this.#clients = clients;
  }

  again(send: () => void): void {
    if (this.#running) return send();
    this.#inFlight--;
    if (this.#inFlight === 0) this.#allIsBack();
  }

  /** Runs a turn whenever it is asked for one on standard input, by its milliseconds, and tells of it on standard output. */
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
    const allIsBack = new Promise<void>((resolve) => {
      this.#allIsBack = resolve;
    });
    this.#running = true;
    this.#inFlight = this.#clients.length;
    for (const send of this.#clients) send();
    await wait(milliseconds);
    this.#running = false;
    await allIsBack;
  }
}
