interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Calls whose answers arrive later and in any order. Each call and its answer have the same number. */
export class PendingCalls {
  readonly #pending = new Map<number, Pending>();
  #calls = 0;

  /** @param send sends the call with its number, and calls `failed` with an error if it can't be sent */
  begin<Result>(send: (call: number, failed: (error?: Error | null) => void) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      const call = ++this.#calls;
      this.#pending.set(call, { resolve: resolve as (result: unknown) => void, reject });
      send(call, (error) => error && this.answer(call, error));
    });
  }

  /** Settles a call. @param result an Error if the call has failed */
  answer(call: number, result: unknown): void {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    if (result instanceof Error) pending?.reject(result);
    else pending?.resolve(result);
  }

  /** Rejects all pending calls. */
  fail(error: Error): void {
    for (const call of [...this.#pending.keys()]) this.answer(call, error);
  }
}
