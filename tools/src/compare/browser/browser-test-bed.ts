import { Relay } from '../network/relay.ts';
import { Child } from '../processes/calls.ts';
import type { Ports, ServerOperations } from '../processes/server-operations.ts';
import { type Conditions, PROCESSES } from '../test-bed.ts';
import { Chromium, type Page } from './chromium.ts';

export type Transport = keyof Ports;

/** A server in a new process, and a new browser. */
export class BrowserTestBed {
  readonly server: Child<ServerOperations>;
  readonly #chromium: Chromium;
  readonly #ports: Ports;
  readonly #relays: Relay[] = [];
  readonly #delay: number;

  private constructor(server: Child<ServerOperations>, chromium: Chromium, ports: Ports, delay: number) {
    this.server = server;
    this.#chromium = chromium;
    this.#ports = ports;
    this.#delay = delay;
  }

  static async start({ certificate, hold, delay }: Conditions, program: string): Promise<BrowserTestBed> {
    const server = new Child<ServerOperations>(PROCESSES, 'server-process');
    try {
      const ports = await server.call('listen', { certificate, hold });
      const chromium = await Chromium.start(program);
      // If the server exits, the page would wait forever.
      void server.exited.then((error) => chromium.fail(error));
      return new BrowserTestBed(server, chromium, ports, delay);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Opens the page with the client. @param delay the network delay each way, in milliseconds */
  async open(transport: Transport, delay: number = this.#delay): Promise<ComparisonPage> {
    let port = this.#ports[transport];
    if (delay > 0) {
      const relay = await Relay.start(port, { delay });
      this.#relays.push(relay);
      port = relay.port;
    }
    const page = await this.#chromium.open(`${transport === 'http' ? 'http' : 'https'}://127.0.0.1:${port}/page`);
    return new ComparisonPage(page);
  }

  async stop(): Promise<void> {
    await Promise.all([this.server.stop(), this.#chromium.stop()]);
    await Promise.all(this.#relays.map((relay) => relay.stop()));
  }
}

/** A page that runs the functions of `page/page.js`. */
export class ComparisonPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async call<Result>(name: string, argument: unknown): Promise<Result> {
    return (await this.#page.evaluate(`comparison.${name}(${JSON.stringify(argument) ?? ''})`)) as Result;
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}
