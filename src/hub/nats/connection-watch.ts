import type { NatsConnection } from './nats-connection.ts';

/** Told when a connection is interrupted and when it is back. */
export interface ConnectionListener {
  onInterrupted(error: Error): void;
  onReconnected(): void;
}

/** Knows whether a connection to NATS is up. */
export class ConnectionWatch {
  readonly #listeners = new Set<ConnectionListener>();
  #problem: string | undefined;

  /** The watch of a connection. All logs on it share one, because the client offers no way to end what `status()` returns. */
  static of(connection: NatsConnection): ConnectionWatch {
    const watch = WATCHES.get(connection) ?? new ConnectionWatch(connection);
    WATCHES.set(connection, watch);
    return watch;
  }

  private constructor(connection: NatsConnection) {
    if (connection.isClosed()) this.#problem = CLOSED;
    // The client knows the server only while it is connected.
    else if (connection.info === undefined) this.#problem = INTERRUPTED;
    void this.#follow(connection);
  }

  /** Why nothing can be sent; undefined while the connection is up. */
  get problem(): string | undefined {
    return this.#problem;
  }

  add(listener: ConnectionListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: ConnectionListener): void {
    this.#listeners.delete(listener);
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.#interrupt(INTERRUPTED);
      if (type === 'reconnect') this.#reconnect();
    }
    this.#interrupt(CLOSED);
  }

  #interrupt(problem: string): void {
    this.#problem = problem;
    for (const listener of [...this.#listeners]) listener.onInterrupted(new Error(problem));
  }

  #reconnect(): void {
    this.#problem = undefined;
    for (const listener of [...this.#listeners]) listener.onReconnected();
  }
}

const CLOSED = 'the connection to NATS is closed';
const INTERRUPTED = 'the connection to NATS is interrupted';

const WATCHES = /* @__PURE__ */ new WeakMap<NatsConnection, ConnectionWatch>();
