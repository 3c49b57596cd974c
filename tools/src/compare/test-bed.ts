import { OWN_FILES } from '../own-files.ts';
import { type Network, Relay } from './network/relay.ts';
import { Child } from './processes/calls.ts';
import type { ClientOperations, Target } from './processes/client-operations.ts';
import type { Ports, ServerOperations } from './processes/server-operations.ts';
import type { Certificate } from './self-signed-certificate.ts';
import type { Technique } from './technique.ts';

/** The directory of the programs that run in child processes. */
export const PROCESSES: URL = new URL('compare/processes/', OWN_FILES);

/** The conditions of a run. */
export interface Conditions {
  readonly certificate: Certificate;
  /** How long the server holds back each message, in milliseconds. */
  readonly hold: number;
  /** The network delay each way, in milliseconds. Scenes that simulate a network themselves ignore it. */
  readonly delay: number;
}

/** A server and a client in new processes, and the network between them. */
export class TestBed {
  readonly client: Child<ClientOperations>;
  readonly server: Child<ServerOperations>;
  readonly certificate: Certificate;
  readonly #ports: Ports;
  readonly #relays: Relay[] = [];
  readonly #relayed = new Map<number, number>();

  private constructor(
    client: Child<ClientOperations>,
    server: Child<ServerOperations>,
    certificate: Certificate,
    ports: Ports,
  ) {
    this.client = client;
    this.server = server;
    this.certificate = certificate;
    this.#ports = ports;
  }

  static async start({ certificate, hold, delay }: Conditions): Promise<TestBed> {
    const client = new Child<ClientOperations>(PROCESSES, 'client-process');
    const server = new Child<ServerOperations>(PROCESSES, 'server-process');
    // If one of them exits, calls that depend on it would never be answered.
    void server.exited.then((error) => client.fail(error));
    void client.exited.then((error) => server.fail(error));
    try {
      const ports = await server.call('listen', { certificate, hold });
      const testBed = new TestBed(client, server, certificate, ports);
      if (delay > 0) {
        for (const port of Object.values(ports)) testBed.#relayed.set(port, await testBed.relay(port, { delay }));
      }
      return testBed;
    } catch (error) {
      await Promise.all([client.stop(), server.stop()]);
      throw error;
    }
  }

  /** The ports of the servers themselves, without a network in between. */
  get ports(): Ports {
    return this.#ports;
  }

  /** Simulates a network in front of a port. Resolves with the port of the relay. */
  async relay(port: number, network: Network): Promise<number> {
    const relay = await Relay.start(port, network);
    this.#relays.push(relay);
    return relay.port;
  }

  /** @param through the port to connect to, such as that of a relay. Default: the port for the conditions of the run */
  target(technique: Technique, path: string, transport: 'http' | 'https' | 'http2' = 'http', through?: number): Target {
    const own = this.#ports[transport];
    const port = through ?? this.#relayed.get(own) ?? own;
    return {
      technique,
      url: `${transport === 'http' ? 'http' : 'https'}://127.0.0.1:${port}${path}`,
      httpVersion: transport === 'http2' ? '2' : '1.1',
      ...(transport === 'http' ? {} : { ca: this.certificate.cert }),
    };
  }

  /** Kills the processes. */
  async stop(): Promise<void> {
    await Promise.all([this.client.stop(), this.server.stop()]);
    await Promise.all(this.#relays.map((relay) => relay.stop()));
  }
}
