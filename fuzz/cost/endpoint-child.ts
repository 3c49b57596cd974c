import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { bundleProgram } from '../../spec/support/bundled-program.ts';
import type { Order, Prepared, Report } from './endpoint-process.ts';
import type { Scenario } from './scenario.ts';

/** The limit of the heap of an endpoint in MB. */
const HEAP = 256;

/** Milliseconds to wait for an answer. A stalled event loop delays it. */
const PATIENCE = 20_000;

let program: string | undefined;

/** Controls the process under attack from its parent process. */
export class EndpointChild {
  readonly #process: ChildProcess;
  readonly #ended: Promise<never>;
  #isStopping = false;
  #died: string | null = null;

  constructor() {
    program ??= bundleProgram(new URL('./endpoint-process.ts', import.meta.url));
    this.#process = fork(program, {
      execArgv: [`--max-old-space-size=${HEAP}`, '--expose-gc', '--no-warnings'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    this.#process.stderr!.on('data', (text: Buffer) => {
      errors += text;
    });
    this.#ended = once(this.#process, 'close').then(([code, signal]) => {
      const reason = /FATAL ERROR: .*|^\w*Error: .*/m.exec(errors)?.[0];
      if (!this.#isStopping) this.#died ??= reason ?? `exit code ${code}, signal ${signal}`;
      throw new Error(`The process ended: ${this.#died}`);
    });
    this.#ended.catch(() => {});
  }

  /** Why the process exited. Null while it runs, and if `stop()` ended it. */
  get died(): string | null {
    return this.#died;
  }

  prepare(scenario: Scenario, packageUrl: string, port: number): Promise<Prepared> {
    return this.#order({ order: 'prepare', scenario, packageUrl, port });
  }

  start(): Promise<null> {
    return this.#order({ order: 'start' });
  }

  report(): Promise<Report> {
    return this.#order({ order: 'report' });
  }

  /** Closes the clients in the process. */
  end(): Promise<null> {
    return this.#order({ order: 'end' });
  }

  async stop(): Promise<void> {
    // A process that has already exited was not stopped by this call.
    this.#isStopping = this.#process.exitCode === null && this.#process.signalCode === null;
    this.#process.kill('SIGKILL');
    await this.#ended.catch(() => {});
  }

  /** @throws Error if the process exits before it answers. */
  async #order<Reply>(order: Order): Promise<Reply> {
    const over = new AbortController();
    const timer = setTimeout(() => {
      this.#died = `it did not answer for ${PATIENCE} ms`;
      this.#process.kill('SIGKILL');
    }, PATIENCE);
    try {
      const reply = once(this.#process, 'message', over);
      this.#process.send(order, () => {});
      return (await Promise.race([reply, this.#ended]))[0] as Reply;
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }
}
