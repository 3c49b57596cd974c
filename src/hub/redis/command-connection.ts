import type { RetryTimes } from '../../shared/retry-delay.ts';
import { closedError, PatientWaits } from './patient-waits.ts';
import type { OwnConnection, SendCommand } from './redis-client.ts';
import { isErrorReply, isNeverSent, NotConnectedError } from './redis-errors.ts';

/** Milliseconds. */
export interface CommandTimes extends RetryTimes {
  /** The time within which a command must be answered. Otherwise, the connection is closed and replaced. */
  readonly timeout: number;
  /** The maximum time of an attempt to connect. */
  readonly patience: number;
}

/**
 * Sends commands on a connection of the log. A lost connection may report no error, and never answer. By default, clients detect this
 * only after minutes. So the connection is replaced when a command is not answered in time.
 */
export class CommandConnection {
  readonly #connect: () => OwnConnection;
  readonly #times: CommandTimes;
  readonly #waits: PatientWaits;
  #connection: OwnConnection | undefined;
  /** Settles when the connection is open, or has not opened in time. */
  #opening: Promise<OwnConnection> | undefined;
  /** Why a connection was closed while commands waited for their answers. */
  readonly #reasons = new WeakMap<OwnConnection, unknown>();
  /** The number of connections in a row that have answered nothing. */
  #failures = 0;

  constructor(connect: () => OwnConnection, times: CommandTimes) {
    this.#connect = connect;
    this.#times = times;
    this.#waits = new PatientWaits(times);
  }

  /** Rejects with a NotConnectedError if the command was not sent. Opens the connection when it is first needed. */
  readonly send: SendCommand = async (key, args) => {
    try {
      return await this.#sendOnce(key, args);
    } catch (error) {
      // The connection was closed while it was idle.
      if (!isNeverSent(error) || error instanceof NotConnectedError) throw error;
      return await this.#sendOnce(key, args);
    }
  };

  /** Closes the connection without waiting for anything. */
  close(): void {
    this.#waits.close();
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  async #sendOnce(key: string, args: string[]): Promise<unknown> {
    if (this.#waits.isClosed) throw closedError();
    this.#opening ??= this.#open();
    const connection = await this.#opening;
    try {
      const reply = await this.#waits.within(this.#times.timeout, connection.send(key, args));
      this.#failures = 0;
      return reply;
    } catch (error) {
      // After a failover, this server may be a replica. A new connection leads to the server that accepts commands.
      if (!isErrorReply(error) || isErrorReply(error, 'READONLY')) this.#drop(connection);
      if (isErrorReply(error) || isNeverSent(error)) throw error;
      // For the other commands, clients report only that the connection was closed.
      const reason = this.#reasons.get(connection) ?? error;
      this.#reasons.set(connection, reason);
      throw reason;
    }
  }

  #drop(connection: OwnConnection): void {
    connection.destroy();
    // Several commands fail with the same connection.
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#opening = undefined;
    this.#failures++;
  }

  /** Tries to connect until the time for a command is over. */
  async #open(): Promise<OwnConnection> {
    const deadline = performance.now() + this.#times.timeout;
    let reason: unknown;
    for (;;) {
      if (this.#failures > 0) await this.#waits.pause(this.#failures);
      if (this.#waits.isClosed) throw closedError();
      const remaining = deadline - performance.now();
      try {
        return await this.#attempt(remaining);
      } catch (error) {
        this.#failures++;
        // With too little time left, an attempt cannot succeed.
        if (reason === undefined || remaining >= this.#times.patience) reason = error;
        if (!this.#waits.isClosed && performance.now() < deadline) continue;
        this.#opening = undefined;
        throw new NotConnectedError(reason);
      }
    }
  }

  async #attempt(remaining: number): Promise<OwnConnection> {
    const connection = this.#connect();
    try {
      const patience = Math.min(this.#times.patience, Math.max(Math.ceil(remaining), 1));
      await this.#waits.within(patience, connection.open());
      // close() may have been called meanwhile.
      if (this.#waits.isClosed) throw closedError();
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#connection = connection;
    return connection;
  }
}
