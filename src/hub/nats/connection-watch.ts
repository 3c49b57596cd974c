import { patientTimeout } from '../../shared/patient-timeout.ts';
import type { NatsConnection } from './nats-connection.ts';

/** Called when a connection is interrupted, and when it is restored. */
export interface ConnectionListener {
  onInterrupted(error: Error): void;
  onReconnected(): void;
  /** The server has refused a message to a subject, because the user has no right to publish to it. */
  onRefused?(subject: string, error: Error): void;
}

/** The client's error for a missing right. */
interface PermissionError extends Error {
  readonly operation: string;
  readonly subject: string;
}

/** Observes whether a connection to NATS is up, and what the server refuses. */
export class ConnectionWatch {
  readonly #connection: NatsConnection;
  readonly #listeners = new Set<ConnectionListener>();
  #problem: string | undefined;
  #isChecking = false;
  /** The number of interruptions of the connection. */
  #interruptions = 0;
  /** When the connection was replaced last, by `performance.now()`. */
  #replacedAt = Number.NEGATIVE_INFINITY;

  /** The watch of a connection. All its logs share one, because the client offers no way to end the iterator of `status()`. */
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
   * Call this when a request was not answered. A connection can be lost without any packet, which the client detects only after minutes.
   * If the server does not answer a ping within `patience` milliseconds, the connection is replaced. The next check follows after a
   * while at the earliest, because the server may be stalled.
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
    // The timer must not keep a process alive that has closed its logs.
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
 * `reconnect()` of the client first waits until all data is written. On a lost connection, this takes until the operating system times
 * out, about a quarter of an hour. The client has no other function, so this destroys its socket, if it finds it.
 */
function destroySocket(connection: NatsConnection): void {
  const { protocol } = connection as { protocol?: { transport?: { socket?: { destroy?(): void } } } };
  protocol?.transport?.socket?.destroy?.();
}

/** The minimum number of milliseconds between two replacements of a connection. */
const REPLACEMENT_PAUSE = 30_000;

const CLOSED = 'the connection to NATS is closed';
const INTERRUPTED = 'the connection to NATS is interrupted';

const WATCHES = /* @__PURE__ */ new WeakMap<NatsConnection, ConnectionWatch>();
