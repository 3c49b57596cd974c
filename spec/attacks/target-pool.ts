import { Target } from './run-attack.ts';

/** A pool of processes to attack. Each handles one attack at a time, because its memory is measured. */
export class TargetPool {
  readonly #targets: Target[];
  readonly #idle: Target[];
  readonly #waiting: ((target: Target) => void)[] = [];

  constructor(size: number) {
    this.#targets = Array.from({ length: size }, () => new Target());
    this.#idle = [...this.#targets];
  }

  /** Waits for an idle target and passes it to `attack`. */
  async use<Result>(attack: (target: Target) => Promise<Result>): Promise<Result> {
    const target = this.#idle.pop() ?? (await new Promise<Target>((resolve) => this.#waiting.push(resolve)));
    try {
      return await attack(target);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(target);
      else next(target);
    }
  }

  stop(): void {
    for (const target of this.#targets) target.stop();
  }
}
