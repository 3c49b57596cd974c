import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { bundleProgram } from '../../spec/support/bundled-program.ts';
import type { Order, Prepared, Report } from './endpoint-process.ts';
import type { Scenario } from './scenario.ts';

/** The heap of an endpoint in MB. */
const HEAP = 256;

/** Milliseconds for an answer, which a stalled event loop delays. */
const PATIENCE = 20_000;

let program: string | undefined;

/** The parent's side of the process under attack. */
export class EndpointChild {
  readonly #process: ChildProcess;
  #died: string | null = null;
  #errors = '';

  constructor() {
    program ??= bundleProgram(new URL('./endpoint-process.ts', import.meta.url));
    this.#process = fork(program, {
      execArgv: [`--max-old-space-size=${HEAP}`, '--expose-gc', '--no-warnings'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr!.on('data', (text: Buffer) => {
      this.#errors += text;
    });
    this.#process.on('exit', (code, signal) => {
      const reason = /FATAL ERROR: .*|^\w*Error: .*/m.exec(this.#errors)?.[0];
      this.#died ??= reason ?? `exit code ${code}, signal ${signal}`;
    });
  }

  /** How the process ended; null while it runs. */
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

  /** Clients close. */
  end(): Promise<null> {
    return this.#order({ order: 'end' });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  /** @throws Error if the process ends instead */
  async #order<Reply>(order: Order): Promise<Reply> {
    const over = new AbortController();
    const ended = once(this.#process, 'close', over).then(() => {
      throw new Error(`The process ended: ${this.#died}`);
    });
    this.#process.send(order, () => {});
    const timer = setTimeout(() => {
      this.#died ??= `it did not answer for ${PATIENCE} ms`;
      this.#process.kill('SIGKILL');
    }, PATIENCE);
    try {
      const [reply] = await Promise.race([once(this.#process, 'message', over), ended]);
      return reply as Reply;
    } finally {
      clearTimeout(timer);
      over.abort();
      ended.catch(() => {});
    }
  }
}
