import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished as onCurrentTestFinished } from 'vitest';

const ANY_PORT = fileURLToPath(new URL('./any-port.cjs', import.meta.url));

export interface ChildProgramOptions {
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  /** The function of the test's context. A concurrent test must pass it. */
  readonly onTestFinished?: typeof onCurrentTestFinished;
}

/** A Node.js program in a child process. It is killed when the test ends. */
export class ChildProgram {
  readonly process: ChildProcess;
  #output = '';

  constructor(file: string, options: ChildProgramOptions = {}) {
    const { args, execArgv = [], onTestFinished = onCurrentTestFinished } = options;
    this.process = fork(file, args, { execArgv: [...execArgv], silent: true });
    onTestFinished(() => void this.process.kill('SIGKILL'));
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.process.emit('output');
      });
    }
  }

  /** Starts an unmodified server on a free port instead of the port in its code. */
  static async listening(file: string): Promise<{ program: ChildProgram; port: number }> {
    const program = new ChildProgram(file, { execArgv: ['--require', ANY_PORT] });
    const port = await Promise.race([
      once(program.process, 'message').then(([message]) => message as number),
      program.ended().then(() => Promise.reject(new Error(`${file} ended: ${program.output}`))),
    ]);
    return { program, port };
  }

  /** Everything the program has written to standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  /** Waits until the output contains the text. */
  async printed(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.process.exitCode !== null) throw new Error(`The program ended without "${text}": ${this.#output}`);
      await Promise.race([once(this.process, 'output'), once(this.process, 'close')]);
    }
  }

  /** Waits for the end of the program. Resolves with its exit status, or null if a signal ended it. */
  async ended(): Promise<number | null> {
    const [status] = await once(this.process, 'close');
    return status;
  }
}
