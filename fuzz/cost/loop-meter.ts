import { openSync, readSync } from 'node:fs';

const INTERVAL = 5;

/**
 * Measures the longest stall of the event loop of this thread. A busy machine does not count: of a turn that takes 100 ms, of
 * which the kernel gave 70 ms to others, 30 ms count. Only Linux says so.
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

  /** The longest stall in milliseconds since the last call. */
  take(): number {
    this.#tick();
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }

  /** What has happened since the last tick does not count. */
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

/** Returns a clock of this thread's processor time in milliseconds; where there is none, of the time. */
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
