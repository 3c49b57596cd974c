import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ANY_PORT = fileURLToPath(new URL('./any-port.cjs', import.meta.url));

/** A program in a separate process, which ends with the test. */
export class Program {
  readonly process: ChildProcess;
  #output = '';

  constructor(file: string, options: { args?: readonly string[]; execArgv?: readonly string[] } = {}) {
    this.process = fork(file, options.args, { execArgv: [...(options.execArgv ?? [])], silent: true });
    onTestFinished(() => void this.process.kill('SIGKILL'));
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.process.emit('output');
      });
    }
  }

  /** Starts a server unchanged, on a free port instead of its own. */
  static async listening(file: string): Promise<{ program: Program; port: number }> {
    const program = new Program(file, { execArgv: ['--require', ANY_PORT] });
    const port = await Promise.race([
      once(program.process, 'message').then(([message]) => message as number),
      program.ended().then(() => Promise.reject(new Error(`${file} ended: ${program.output}`))),
    ]);
    return { program, port };
  }

  /** The output so far. */
  get output(): string {
    return this.#output;
  }

  async printed(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.process.exitCode !== null)
        throw new Error(`The program ended without the output "${text}": ${this.#output}`);
      await Promise.race([once(this.process, 'output'), once(this.process, 'close')]);
    }
  }

  /** The exit status; null if a signal ended the program. */
  async ended(): Promise<number | null> {
    const [status] = await once(this.process, 'close');
    return status;
  }
}
