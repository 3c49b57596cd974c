import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const peers = fileURLToPath(new URL('../peers/', import.meta.url));
const loads = fileURLToPath(new URL('../load/', import.meta.url));

const running = new Set<ChildProcess>();
// Kills all agents, however the run ends.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A child process. It reads questions from standard input and answers each with one line on standard output. */
export class Agent {
  readonly #process: ChildProcess;
  readonly #lines: string[] = [];
  #waiting: ((line: string) => void) | undefined;
  #failure: ((error: Error) => void) | undefined;
  #stopped = false;

  constructor(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const stdio = ['pipe', 'pipe', 'inherit'] as ['pipe', 'pipe', 'inherit'];
    this.#process = spawn(program, args, { stdio, env: { ...process.env, ...environment } });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting === undefined) this.#lines.push(line);
      else waiting(line);
    });
    this.#process.on('exit', (code) => {
      if (!this.#stopped && code !== 0) this.#failure?.(new Error(`${args.join(' ')} exited with code ${code}`));
    });
    running.add(this.#process);
    this.#process.once('exit', () => running.delete(this.#process));
  }

  /** Resolves with the next line of standard output. */
  line(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
      this.#failure = reject;
    });
  }

  ask(question: string): Promise<string> {
    this.#process.stdin!.write(`${question}\n`);
    return this.line();
  }

  stop(): void {
    this.#stopped = true;
    this.#process.kill('SIGKILL');
  }
}

/** A server under measurement. */
export class ServerAgent extends Agent {
  port = 0;

  /** The seconds of CPU time that the process has used. */
  async cpu(): Promise<number> {
    return Number(await this.ask('cpu')) / 1e6;
  }

  /** The resident memory of the process in bytes, after a garbage collection. */
  async memory(): Promise<number> {
    return Number(await this.ask('memory'));
  }

  /** The bytes of V8's heap and of what belongs to it outside, after a garbage collection: fewer than `memory()`, and not as noisy. */
  async heap(): Promise<number> {
    return Number(await this.ask('heap'));
  }
}

/** How to start an agent. */
export interface AgentDescription {
  /** The name in the tables. */
  readonly name: string;
  /** The file in `bench/peers/agents`, without `.js`. */
  readonly file: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Options of this agent. They are added to the options that the scene passes to all agents. */
  readonly options?: Readonly<Record<string, unknown>>;
}

export async function startServer(
  { file, environment, options: own }: AgentDescription,
  options: unknown,
): Promise<ServerAgent> {
  const isBun = file.startsWith('bun');
  const program = isBun ? `${peers}node_modules/.bin/bun` : process.execPath;
  const args = [
    ...(isBun ? [] : ['--expose-gc']),
    `${peers}agents/${file}.js`,
    JSON.stringify({ ...(options as object), ...own }),
  ];
  const agent = new ServerAgent(program, args, environment);
  agent.port = Number(await agent.line());
  return agent;
}

/**
 * Starts a server, measures it, and stops it. Each round uses a new process, because two processes of one program can
 * differ by more than two programs: their memory layouts differ.
 */
export async function onFreshServer<Result>(
  description: AgentDescription,
  options: unknown,
  measure: (server: ServerAgent) => Promise<Result>,
): Promise<Result> {
  const server = await startServer(description, options);
  try {
    return await measure(server);
  } finally {
    server.stop();
  }
}

/** Starts a load generator: a file in `bench/load`. */
export function startLoad(file: string, options: unknown): Agent {
  return new Agent(process.execPath, ['--import', 'tsx', `${loads}${file}.ts`, JSON.stringify(options)]);
}

const ws: AgentDescription = { name: 'ws', file: 'ws', environment: { WS_NO_BUFFER_UTIL: 'true' } };

/** The WebSocket servers. */
export const WEBSOCKET_SERVERS = {
  limit: { name: 'bare net', file: 'net' },
  pushwire: { name: 'pushwire', file: 'pushwire' },
  ws,
  wsNative: { name: 'ws + bufferutil', file: 'ws' },
  websocket: { name: 'websocket', file: 'websocket' },
  faye: { name: 'faye-websocket', file: 'faye-websocket' },
  bun: { name: 'Bun', file: 'bun' },
} as const satisfies Readonly<Record<string, AgentDescription>>;
