/** Hostile traffic, on connections that never read. */
export interface Attack {
  readonly connections: number;
  /** Whether the attackers complete the opening handshake first. */
  readonly opens: boolean;
  /** Whether the attackers need permessage-deflate. If the server does not accept it, the verdict is UNIMPLEMENTED. */
  readonly deflate?: boolean;
  /** What each attacker sends. In strings, `HOST` and `PATH` are placeholders. */
  readonly send: () => readonly (Buffer | string)[];
  /** Milliseconds after which each attacker resets its connection. Default: they stay connected until the case ends. */
  readonly cutAfter?: number;
}

/** One test of whether a server under attack still serves other clients. */
export interface RobustnessCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly attack: Attack;
}
