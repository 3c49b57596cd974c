import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { PendingCalls } from '../pending-calls.ts';

/** The functions that a child process offers to its parent. Arguments and results are cloned. */
// biome-ignore lint/suspicious/noExplicitAny: each operation has its own types
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

/** In the child process: answers the calls of the parent, and exits when the parent does. */
export function answerCalls<Type extends Operations<Type>>(operations: Type): void {
  process.on('message', async ({ call, name, argument }: Call) => {
    let answer: Answer;
    try {
      answer = { call, result: await operations[name as keyof Type](argument) };
    } catch (error) {
      answer = { call, error: `${name}: ${(error as Error).message}` };
    }
    // The parent may have disconnected in the meantime.
    if (process.connected) process.send!(answer);
  });
  process.once('disconnect', () => process.exit());
}

/** In the parent: a child process that answers calls. */
export class Child<Type extends Operations<Type>> {
  readonly #process: ChildProcess;
  readonly #calls = new PendingCalls();
  /** Resolves when the process has exited, with an error that has the reason. */
  readonly exited: Promise<Error>;

  /** @param file the program without its extension. It gets that of this file, so this works with and without a build. */
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
    this.exited = once(this.#process, 'exit').then(
      ([code, signal]) => new Error(`${file} exited with ${signal ?? code}`),
    );
    void this.exited.then((error) => this.fail(error));
  }

  call<Name extends keyof Type & string>(
    name: Name,
    argument: Parameters<Type[Name]>[0],
  ): Promise<Awaited<ReturnType<Type[Name]>>> {
    return this.#calls.begin((call, failed) => {
      this.#process.send({ call, name, argument } satisfies Call, failed);
    });
  }

  /** Rejects all pending calls. */
  fail(error: Error): void {
    this.#calls.fail(error);
  }

  /** Kills the process. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}
