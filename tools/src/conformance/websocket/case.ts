import type { FrameDescription } from './frames.ts';

/** A part of one frame, by positions in its payload. A part that starts at 0 includes the frame header. */
export interface Part {
  readonly start: number;
  /** Default: the end of the payload. */
  readonly end?: number;
}

/** What the tester requests of the agent's compressor, RFC 7692 §7.1. */
export interface DeflatePreference {
  /** Whether the agent must start each message with an empty window. */
  readonly noContextTakeover: boolean;
  /** From 8 to 15. Default: no request. */
  readonly maxWindowBits?: number | undefined;
}

/** One action of the tester. */
export type Step =
  /** Sends a compressed message, in one frame or in frames of `frameSize` bytes. */
  | { readonly compress: { readonly type: 'text' | 'binary'; readonly payload: Buffer; readonly frameSize?: number } }
  /** Sends frames, or a part of one frame: in one write, in one write for each frame, or in writes of `writeSize` bytes. */
  | { readonly send: readonly FrameDescription[]; readonly writeSize?: 'frames' | number; readonly part?: Part }
  /** Waits this many milliseconds. */
  | { readonly pause: number }
  /** Waits until the agent has sent this many events. */
  | { readonly until: number }
  /** Checks that the agent has failed the connection. If it fails the connection later, the verdict is NON-STRICT. */
  | { readonly failedByNow: true };

/** What an agent sends, apart from Close frames. */
export type AgentEvent =
  | { readonly type: 'text' | 'binary'; readonly payload: Uint8Array }
  | { readonly type: 'ping' | 'pong'; readonly payload: Uint8Array };

/**
 * How the connection ends: `clean`, by a closing handshake that the tester starts after the last event; `closed`, by a
 * closing handshake that the steps start; `failed`, by the agent. The numbers are the close codes that the agent may send.
 */
export type Ending = 'clean' | { readonly closed: readonly number[] } | { readonly failed: readonly number[] };

/** One acceptable behavior of an agent. */
export interface Expectation {
  /** In the order in which they arrive. */
  readonly events: readonly AgentEvent[];
  readonly ending: Ending;
}

/** One test of an agent that echoes messages. */
export interface ConformanceCase {
  /** The number of the same case in the Autobahn suite. Numbers from 14 on are our own. */
  readonly id: string;
  readonly title: string;
  /** The section that the case tests, such as `RFC 6455 §5.2`. */
  readonly section: string;
  readonly steps: readonly Step[];
  readonly expect: Expectation;
  /** Behavior that deviates from the standard without harm: NON-STRICT. */
  readonly nonStrict?: readonly Expectation[];
  /** The standard leaves the behavior open: the verdict is INFORMATIONAL. */
  readonly informational?: boolean;
  /** Preferences for permessage-deflate, the best first. The verdict is UNIMPLEMENTED if the agent accepts none. */
  readonly deflate?: readonly DeflatePreference[];
  /** Milliseconds to wait for what the case expects, where the usual limit is too short. */
  readonly timeLimit?: number;
}
