import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { findNatsServer } from '../../support/external-programs.ts';

/** A nats-server with JetStream, on a port and in a folder of its own. */
export class NatsServer {
  readonly #directory = mkdtempSync(join(tmpdir(), 'pushwire-nats-'));
  readonly #connections: NatsConnection[] = [];
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;
  #port = -1;

  private constructor(options: readonly string[]) {
    this.#options = options;
  }

  /** Starts a server on a free port. `options` are those of its command line. */
  static async start(...options: readonly string[]): Promise<NatsServer> {
    const server = new NatsServer(options);
    await server.restart();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts the server on the same port, after `kill()`. What it had stored on the disk is there. */
  async restart(): Promise<void> {
    // -1 stands for any free port.
    const network = ['-a', '127.0.0.1', '-p', String(this.#port)];
    const args = ['-js', '-sd', this.#directory, ...network, ...this.#options];
    const server = spawn(findNatsServer()!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = server;
    const port = await new Promise<string>((resolve, reject) => {
      let output = '';
      server.once('close', () => reject(new Error(`nats-server ended: ${output}`)));
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const [, found] = /client connections on [\d.]+:(\d+)[\s\S]*Server is ready/.exec(output) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    this.#port = Number(port);
  }

  /** Ends the server without a warning to it, as a failure does. */
  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined) return;
    const ended = once(server, 'close');
    server.kill('SIGKILL');
    await ended;
  }

  /** The server does nothing until `continue()`. Its connections stay open. */
  stop(): void {
    this.#process!.kill('SIGSTOP');
  }

  continue(): void {
    this.#process!.kill('SIGCONT');
  }

  /** Connects to the server, or to another port, and tries again quickly when the connection is lost. */
  async connect(options: NodeConnectionOptions = {}): Promise<NatsConnection> {
    const connection = await connect({
      servers: `127.0.0.1:${this.#port}`,
      reconnectTimeWait: 20,
      reconnectDelayHandler: () => 20,
      maxReconnectAttempts: -1,
      ...options,
    });
    this.#connections.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
