import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Ports that no system gives to whoever asks for any port: another test could receive such a port before the program listens. */
const [FIRST_PORT, PORTS] = [10_240, 12_000];

/** Returns a port that nothing listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** How an engine is started. */
export interface EngineProgram {
  readonly path: string;
  arguments(port: number, folder: string): readonly string[];
  /** What it prints when it accepts connections. */
  readonly ready: RegExp;
}

/** The engines that run. They end with this process. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** An engine with a temporary folder of its own. It keeps its port when it is started again. */
export class EngineProcess {
  readonly port: number;
  readonly folder: string = mkdtempSync(join(tmpdir(), 'pushwire-engine-'));
  readonly #program: EngineProgram;
  #child: ChildProcess | undefined;

  constructor(program: EngineProgram, port: number) {
    this.#program = program;
    this.port = port;
  }

  /** Resolves when the engine accepts connections. */
  async start(): Promise<void> {
    const child = spawn(this.#program.path, this.#program.arguments(this.port, this.folder), {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    child.on('exit', () => running.delete(child));
    let printed = '';
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          if (printed.length < 100_000) printed += text;
          if (this.#program.ready.test(printed)) resolve();
        });
      }
      child.on('error', reject);
      child.on('exit', () => reject(new Error(`The engine has ended: ${printed}`)));
    });
  }

  /** Ends the engine at once, with SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#child!;
    this.#child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Kills the engine, and starts it again. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** The engine does nothing until `resume()`. Its connections stay open. */
  stall(): void {
    this.#child!.kill('SIGSTOP');
  }

  resume(): void {
    this.#child!.kill('SIGCONT');
  }

  /** Ends the engine and removes its folder. */
  async end(): Promise<void> {
    if (this.#child) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
