import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const HOST = fileURLToPath(new URL('command-host.mjs', import.meta.url));
/** What a host writes to each output at the end of a run. */
const END = '\0';
/** Milliseconds that a server has to end when its test has ended. */
const TIME_TO_END = 5_000;

/** Processes that have run the command and are free. They end with the process of the tests. */
const free: ChildProcess[] = [];

function startHost(): ChildProcess {
  const host = fork(HOST, [], { execArgv: [], silent: true });
  host.setMaxListeners(0);
  host.on('exit', () => {
    if (free.includes(host)) free.splice(free.indexOf(host), 1);
  });
  for (const stream of [host.stdout!, host.stderr!]) stream.setEncoding('utf8');
  // A free host does not keep the process of the tests alive.
  for (const handle of [host, host.channel!, host.stdout!, host.stderr!, host.stdin!]) {
    (handle as unknown as { unref(): void }).unref();
  }
  return host;
}

/**
 * A run of the built command in a process that has run it before, if one is free: most of the time of a short run is the start
 * of the process. The process is free again when the run has ended, unless the command has ended the process.
 */
export class WarmCommand {
  readonly #host = free.pop() ?? startHost();
  readonly #ended: Promise<number | null>;
  readonly #isServer: boolean;
  #isReusable = true;
  #isDone = false;
  #output = '';
  #stdout = '';

  constructor(args: readonly string[]) {
    this.#ended = this.#run(args);
    this.#isServer = args[0] === 'serve' || args.includes('--serve');
    onTestFinished(async () => {
      if (this.#isDone) return;
      const timer = setTimeout(() => this.#host.kill('SIGKILL'), this.#isServer ? TIME_TO_END : 0);
      if (this.#isServer) this.#host.kill('SIGINT');
      await this.#ended;
      clearTimeout(timer);
    });
  }

  async #run(args: readonly string[]): Promise<number | null> {
    const host = this.#host;
    const { stdout, stderr } = host;
    let sent: number | undefined;
    let ends = 0;
    const status = await new Promise<number | null>((resolve) => {
      const resolveAtEnd = (): void => {
        if (sent !== undefined && ends === 2) resolve(sent);
      };
      for (const stream of [stdout!, stderr!]) {
        stream.on('data', (text: string) => {
          const isEnd = text.endsWith(END);
          const content = isEnd ? text.slice(0, -END.length) : text;
          this.#output += content;
          if (stream === stdout) this.#stdout += content;
          if (isEnd) ends++;
          host.emit('output');
          resolveAtEnd();
        });
      }
      host.on('message', (number: number) => {
        sent = number;
        resolveAtEnd();
      });
      host.on('close', resolve);
      host.send(args);
    });
    this.#isDone = true;
    for (const emitter of [stdout!, stderr!]) emitter.removeAllListeners('data');
    for (const event of ['message', 'close']) host.removeAllListeners(event);
    if (sent !== undefined && this.#isReusable && host.connected) free.push(host);
    else host.kill('SIGKILL');
    host.emit('output');
    return status;
  }

  /** Everything the command has written to standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  /** What the command has written to standard output. */
  get stdout(): string {
    return this.#stdout;
  }

  /** Waits until the output contains the text. */
  async printed(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#isDone) throw new Error(`The command ended without "${text}": ${this.#output}`);
      await once(this.#host, 'output');
    }
  }

  /** Waits for the end of the run. Resolves with the exit status, or null if a signal ended the process. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Sends a signal, unless the run has ended. */
  kill(signal: NodeJS.Signals): void {
    if (this.#isDone) return;
    // An interrupted client has a time limit for its output, after which it ends the process.
    if (!this.#isServer) this.#isReusable = false;
    this.#host.kill(signal);
  }
}
