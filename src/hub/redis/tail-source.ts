import type { RetryTimes } from '../../shared/retry-delay.ts';
import type { LogState } from './log-state.ts';
import type { OwnConnection, SendCommand } from './redis-client.ts';

/** What a tail needs of its log. */
export interface TailSource {
  /** The name of the stream. */
  readonly key: string;
  /** Sends a command on another connection than the tail's. */
  readonly commands: SendCommand;
  connect(): OwnConnection;
  loadState(send: SendCommand): Promise<LogState>;
  /** Loads the state, and announces it to all who follow the log. Resolves to null if the server does not announce anything. */
  announceState(): Promise<LogState | null>;
  readonly times: TailTimes;
}

/** Milliseconds. */
export interface TailTimes extends RetryTimes {
  /** For which the server waits for an entry before it answers that there is none. */
  readonly block: number;
  /** For which an answer may be late. After that, the connection is closed and replaced. */
  readonly patience: number;
}

/** Entries in one reply. */
export const MAX_PAGE = 256;
