import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { PendingCalls } from '../pending-calls.ts';

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
  readonly #calls = new PendingCalls();
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
      this.#calls.answer(call, error === undefined ? result : new Error(error));
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
    return this.#calls.begin((call, failed) => {
      this.#process.send({ call, name, argument } satisfies Call, failed);
    });
  }

  /** Answers what is waited for with an error. */
  fail(error: Error): void {
    this.#calls.fail(error);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
