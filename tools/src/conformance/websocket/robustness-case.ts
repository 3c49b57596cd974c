/** What disturbs a server, on connections of its own that read nothing. */
export interface Attack {
  readonly connections: number;
  /** Whether the opening handshake comes first. */
  readonly opens: boolean;
  /** Whether permessage-deflate is agreed on: UNIMPLEMENTED if it can't be. */
  readonly deflate?: boolean;
  /** What is sent on each; before the opening handshake, `HOST` and `PATH` are put in. */
  readonly send: () => readonly (Buffer | string)[];
  /** Milliseconds after which each is cut by a reset. Default: they stay until the case is over. */
  readonly cutAfter?: number;
}

/** One test of whether a server goes on serving others. */
export interface RobustnessCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly attack: Attack;
}
