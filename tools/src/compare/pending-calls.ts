interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Calls whose answers come later, in any order: each has the number of its call. */
export class PendingCalls {
  readonly #pending = new Map<number, Pending>();
  #calls = 0;

  /** @param send sends the call with its number; `failed` is for a call that could not be sent */
  begin<Result>(send: (call: number, failed: (error?: Error | null) => void) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      const call = ++this.#calls;
      this.#pending.set(call, { resolve: resolve as (result: unknown) => void, reject });
      send(call, (error) => error && this.answer(call, error));
    });
  }

  /** @param result an Error if there is none */
  answer(call: number, result: unknown): void {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    if (result instanceof Error) pending?.reject(result);
    else pending?.resolve(result);
  }

  /** Answers what is waited for with an error. */
  fail(error: Error): void {
    for (const call of [...this.#pending.keys()]) this.answer(call, error);
  }
}
