import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process does for the one that has started it: each takes one argument, and returns what can be cloned. */
// biome-ignore lint/suspicious/noExplicitAny: each operation has types of its own
export type Operations<Type> = { readonly [Name in keyof Type]: (argument: any) => unknown };

interface Call {
  readonly call: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly call: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** In the child: does what it is asked, and ends with the process that has started it. */
export function answerCalls<Type extends Operations<Type>>(operations: Type): void {
  process.on('message', async ({ call, name, argument }: Call) => {
    let answer: Answer;
    try {
      answer = { call, result: await operations[name as keyof Type](argument) };
    } catch (error) {
      answer = { call, error: `${name}: ${(error as Error).message}` };
    }
    // It may have been disconnected meanwhile.
    if (process.connected) process.send!(answer);
  });
  process.once('disconnect', () => process.exit());
}

/** A process of Node that answers calls. */
export class Child<Type extends Operations<Type>> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #calls = 0;
  /** Resolves when the process is gone, with how that came. */
  readonly ended: Promise<Error>;

  /** @param file without its extension: that of this file, so that the sources run as well as what was built of them */
  constructor(directory: URL, file: string) {
    const isSource = import.meta.url.endsWith('.ts');
    const path = new URL(`${file}${isSource ? '.ts' : '.js'}`, directory);
    this.#process = fork(path, [], {
      execArgv: ['--expose-gc', ...(isSource ? ['--import', 'tsx'] : [])],
      serialization: 'advanced',
    });
    this.#process.on('message', ({ call, result, error }: Answer) => {
      const waiting = this.#waiting.get(call);
      this.#waiting.delete(call);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.ended = once(this.#process, 'exit').then(
      ([code, signal]) => new Error(`${file} has ended with ${signal ?? code}`),
    );
    void this.ended.then((error) => this.fail(error));
  }

  call<Name extends keyof Type & string>(
    name: Name,
    argument: Parameters<Type[Name]>[0],
  ): Promise<Awaited<ReturnType<Type[Name]>>> {
    return new Promise((resolve, reject) => {
      const call = ++this.#calls;
      this.#waiting.set(call, { resolve: resolve as (value: unknown) => void, reject });
      this.#process.send({ call, name, argument } satisfies Call, (error) => error && reject(error));
    });
  }

  /** Answers what is waited for with an error. */
  fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
