import { type ChildProcess, fork } from 'node:child_process';
import { bundleProgram } from '../../support/bundled-program.ts';
import type { Command, Report } from './hub-server.ts';
import type { Access } from './open-log.ts';

/** A process with a hub, whose log is in an engine. */
export class HubProcess {
  readonly #child: ChildProcess;
  port = 0;
  /** The key and the id of each event that the log has confirmed to this process. */
  readonly confirmed = new Map<string, string>();
  readonly refused: string[] = [];
  metrics: unknown;
  #onStopped: () => void = () => {};
  #output = '';

  private constructor(file: string, args: readonly string[]) {
    this.#child = fork(file, args, { silent: true });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  static async start(access: Access, ports: readonly number[], keepsData: boolean): Promise<HubProcess> {
    const file = bundleProgram(new URL('./hub-server.ts', import.meta.url));
    const hub = new HubProcess(file, [access, ports.join(), String(keepsData)]);
    await new Promise<void>((resolve, reject) => {
      hub.#child.on('message', (report: Report) => {
        hub.#onReport(report);
        resolve();
      });
      hub.#child.on('exit', (code) => reject(new Error(`The process ended with ${code}: ${hub.#output}`)));
    });
    return hub;
  }

  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  send(command: Command): void {
    this.#child.send(command);
  }

  /** Stops publishing, and waits until the outcome of each event is known. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#onStopped = resolve;
      this.send('stop');
    });
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  async shutdown(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
    this.send('shutdown');
    return ended;
  }

  #onReport(report: Report): void {
    if ('port' in report) this.port = report.port;
    else if ('confirmed' in report) this.confirmed.set(report.confirmed, report.id);
    else if ('refused' in report) this.refused.push(`${report.refused}: ${report.code}`);
    else {
      this.metrics = report.metrics;
      this.#onStopped();
    }
  }
}
