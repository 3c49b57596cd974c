import { patientTimeout } from '../../shared/patient-timeout.ts';
import type { NatsConnection } from './nats-connection.ts';

/** Is called when a connection is interrupted, and when it is back. */
export interface ConnectionListener {
  onInterrupted(error: Error): void;
  onReconnected(): void;
  /** The server has refused a message to a subject, because the user has no right to publish to it. */
  onRefused?(subject: string, error: Error): void;
}

/** The client's error for a right that is missing. */
interface PermissionError extends Error {
  readonly operation: string;
  readonly subject: string;
}

/** Knows whether a connection to NATS is up, and what the server refuses. */
export class ConnectionWatch {
  readonly #connection: NatsConnection;
  readonly #listeners = new Set<ConnectionListener>();
  #problem: string | undefined;
  #isChecking = false;
  /** How often the connection was interrupted. */
  #interruptions = 0;
  /** When the connection was replaced last, by `performance.now()`. */
  #replacedAt = Number.NEGATIVE_INFINITY;

  /** The watch of a connection. All logs on it share one, because the client offers no way to end what `status()` returns. */
  static of(connection: NatsConnection): ConnectionWatch {
    const watch = WATCHES.get(connection) ?? new ConnectionWatch(connection);
    WATCHES.set(connection, watch);
    return watch;
  }

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
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

  /**
   * Something was not answered. The connection may be dead without any packet that says so, which the client itself notices after some
   * minutes. If the server does not answer a ping within these milliseconds, either, the connection is replaced. After that, it is left
   * alone for a while: perhaps the server is stalled.
   */
  check(patience: number): void {
    const connection = this.#connection;
    const isRecent = performance.now() - this.#replacedAt < REPLACEMENT_PAUSE;
    if (this.#isChecking || this.#problem !== undefined || isRecent || !connection.flush || !connection.reconnect)
      return;
    this.#isChecking = true;
    const timer = patientTimeout(() => {
      if (!this.#isChecking) return;
      this.#isChecking = false;
      if (this.#problem !== undefined) return;
      this.#replace(patience);
    }, patience);
    // It must not keep a process alive that has closed its logs.
    timer.unref();
    const end = (): void => {
      this.#isChecking = false;
      clearTimeout(timer);
    };
    connection.flush().then(end, end);
  }

  #replace(patience: number): void {
    this.#replacedAt = performance.now();
    this.#connection.reconnect!().catch(() => {});
    const interruptions = this.#interruptions;
    setTimeout(() => {
      if (this.#interruptions === interruptions) destroySocket(this.#connection);
    }, patience).unref();
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const { type, error } of connection.status()) {
      if (type === 'disconnect') this.#interrupt(INTERRUPTED);
      if (type === 'reconnect') this.#reconnect();
      if (type === 'error' && isPermissionError(error)) this.#refuse(error);
    }
    // While it opens another connection, the client does not end that one, which would keep the process alive.
    if (this.#problem !== undefined) destroySocket(connection);
    this.#interrupt(CLOSED);
  }

  #refuse({ subject, message }: PermissionError): void {
    const error = new Error(`${message} (docs/hub.md lists the rights that a JetStreamLog requires)`);
    for (const listener of [...this.#listeners]) listener.onRefused?.(subject, error);
  }

  #interrupt(problem: string): void {
    this.#problem = problem;
    this.#interruptions++;
    for (const listener of [...this.#listeners]) listener.onInterrupted(new Error(problem));
  }

  #reconnect(): void {
    this.#problem = undefined;
    for (const listener of [...this.#listeners]) listener.onReconnected();
  }
}

function isPermissionError(error: Error | undefined): error is PermissionError {
  return error?.name === 'PermissionViolationError' && (error as PermissionError).operation === 'publish';
}

/**
 * `reconnect()` of the client waits until all that was sent is written. On a dead connection, that takes until the system gives it up, about a
 * quarter of an hour, and the client has no function that does not wait. So this looks for the socket. Without it, nothing happens.
 */
function destroySocket(connection: NatsConnection): void {
  const { protocol } = connection as { protocol?: { transport?: { socket?: { destroy?(): void } } } };
  protocol?.transport?.socket?.destroy?.();
}

/** Milliseconds for which a connection is not replaced again. */
const REPLACEMENT_PAUSE = 30_000;

const CLOSED = 'the connection to NATS is closed';
const INTERRUPTED = 'the connection to NATS is interrupted';

const WATCHES = /* @__PURE__ */ new WeakMap<NatsConnection, ConnectionWatch>();
