import { Target } from './run-attack.ts';

/** Processes to attack. Each takes one attack at a time, because its memory is measured. */
export class TargetPool {
  readonly #targets: Target[];
  readonly #idle: Target[];
  readonly #waiting: ((target: Target) => void)[] = [];

  constructor(size: number) {
    this.#targets = Array.from({ length: size }, () => new Target());
    this.#idle = [...this.#targets];
  }

  /** Gives an idle target to `attack`, as soon as there is one. */
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
