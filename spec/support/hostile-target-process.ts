import { once } from 'node:events';
import { bundleProgram } from './bundled-program.ts';
import { ChildProgram } from './child-program.ts';
import type { Handling, TargetOrder, TargetReport } from './hostile-target.ts';
import type { RawPeer } from './raw-peer.ts';

/** A process with a small heap that runs hostile-target.ts. */
export class HostileTarget {
  readonly #program: ChildProgram;

  constructor(role: 'server' | 'client', handling: Handling) {
    const file = bundleProgram(new URL('./hostile-target.ts', import.meta.url));
    // With a fixed heap, a fault ends the process.
    const execArgv = ['--expose-gc', '--max-old-space-size=64'];
    this.#program = new ChildProgram(file, { args: [role, handling], execArgv });
  }

  async next<T>(): Promise<T> {
    const ended = this.#program.ended().then((status) => Promise.reject(new Error(`The target ended: ${status}`)));
    return (await Promise.race([once(this.#program.process, 'message'), ended]))[0];
  }

  order(order: TargetOrder): void {
    this.#program.process.send(order);
  }

  async report(): Promise<TargetReport> {
    const report = this.next<TargetReport>();
    this.order({ order: 'report' });
    return report;
  }
}

/** Writes bytes and waits until the kernel has taken them. */
export async function send(peer: RawPeer, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => void peer.socket.write(bytes, () => resolve()));
}
