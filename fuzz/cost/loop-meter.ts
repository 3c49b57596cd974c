import { openSync, readSync } from 'node:fs';

const INTERVAL = 5;

/**
 * Measures the longest stall of this thread's event loop. On Linux, time that the kernel gives to other processes does not
 * count: if a turn takes 100 ms and other processes run for 70 ms of it, the stall is 30 ms.
 */
export class LoopMeter {
  readonly #clock = threadClock();
  #wall = 0;
  #processor = 0;
  #longest = 0;

  constructor() {
    this.skip();
    setInterval(() => this.#tick(), INTERVAL).unref();
  }

  /** Returns the longest stall in milliseconds since the last call. */
  take(): number {
    this.#tick();
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }

  /** Ignores the time since the last tick. */
  skip(): void {
    this.#wall = performance.now();
    this.#processor = this.#clock();
  }

  #tick(): void {
    const [wall, processor] = [this.#wall, this.#processor];
    this.skip();
    this.#longest = Math.max(this.#longest, Math.min(this.#wall - wall - INTERVAL, this.#processor - processor));
  }
}

/** Returns a clock of this thread's CPU time in milliseconds. Where that is not available, returns a clock of elapsed time. */
export function threadClock(): () => number {
  let file: number;
  try {
    file = openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return () => performance.now();
  }
  const text = Buffer.alloc(64);
  return () => {
    const length = readSync(file, text, 0, text.length, 0);
    return Number.parseInt(text.toString('latin1', 0, length), 10) / 1e6;
  };
}
