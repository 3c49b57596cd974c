import type { RetryTimes } from '../../shared/retry-delay.ts';
import type { LogState } from './log-state.ts';
import type { OwnConnection, SendCommand } from './redis-client.ts';

/** The members of a RedisLog that its tail uses. */
export interface TailSource {
  /** The name of the stream. */
  readonly key: string;
  /** Sends a command on a connection other than the tail's. */
  readonly commands: SendCommand;
  connect(): OwnConnection;
  loadState(send: SendCommand): Promise<LogState>;
  /** Loads the state, and announces it to all who follow the log. Resolves to null if the server does not announce anything. */
  announceState(): Promise<LogState | null>;
  readonly times: TailTimes;
}

/** Milliseconds. */
export interface TailTimes extends RetryTimes {
  /** The time that the server waits for an entry before it replies that there is none. */
  readonly block: number;
  /** The maximum delay of an answer. After that, the connection is closed and replaced. */
  readonly patience: number;
}

/** The maximum number of entries in a reply. */
export const MAX_PAGE = 256;
