import { type Network, Relay } from './network/relay.ts';
import { Child } from './processes/calls.ts';
import type { ClientOperations, Target } from './processes/client-operations.ts';
import type { Ports, ServerOperations } from './processes/server-operations.ts';
import type { Certificate } from './self-signed-certificate.ts';
import type { Technique } from './technique.ts';

/** The folder of what runs in processes of its own. */
export const PROCESSES: URL = new URL('./processes/', import.meta.url);

/** What a run is asked for. */
export interface Conditions {
  readonly certificate: Certificate;
  /** Milliseconds that the server holds each message back. */
  readonly hold: number;
  /** Milliseconds one way between the client and the server, in the scenes that have no network of their own. */
  readonly delay: number;
}

/** A server and a client in fresh processes, and what lies between them. */
export class Stage {
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

  static async set({ certificate, hold, delay }: Conditions): Promise<Stage> {
    const client = new Child<ClientOperations>(PROCESSES, 'client-process');
    const server = new Child<ServerOperations>(PROCESSES, 'server-process');
    // What one of them waits for from the other would never come.
    void server.ended.then((error) => client.fail(error));
    void client.ended.then((error) => server.fail(error));
    try {
      const ports = await server.call('listen', { certificate, hold });
      const stage = new Stage(client, server, certificate, ports);
      if (delay > 0) {
        for (const port of Object.values(ports)) stage.#relayed.set(port, await stage.relay(port, { delay }));
      }
      return stage;
    } catch (error) {
      await Promise.all([client.stop(), server.stop()]);
      throw error;
    }
  }

  /** Where the servers listen, without what lies between. */
  get ports(): Ports {
    return this.#ports;
  }

  /** Puts a network before a port. Resolves with the port that leads through it. */
  async relay(port: number, network: Network): Promise<number> {
    const relay = await Relay.start(port, network);
    this.#relays.push(relay);
    return relay.port;
  }

  /** @param through a port to use instead of the server's own, such as that of a relay */
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

  /** Ends the processes, whatever they are doing. */
  async stop(): Promise<void> {
    await Promise.all([this.client.stop(), this.server.stop()]);
    await Promise.all(this.#relays.map((relay) => relay.stop()));
  }
}
