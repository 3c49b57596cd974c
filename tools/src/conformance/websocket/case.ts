import type { FrameDescription } from './frames.ts';

/** Octets of a frame's payload; the header goes with those from 0 on. */
export interface Part {
  readonly start: number;
  /** Default: to the end. */
  readonly end?: number;
}

/** What is asked of the agent's own compression, RFC 7692 §7.1. */
export interface DeflateWish {
  /** Whether it is to start each message with an empty window. */
  readonly noContextTakeover: boolean;
  /** 8 to 15; undefined to ask for nothing. */
  readonly maxWindowBits?: number | undefined;
}

/** What the tester does, one after the other. */
export type Step =
  /** Sends a message, compressed, in one frame or in frames of so many bytes. */
  | { readonly compress: { readonly type: 'text' | 'binary'; readonly payload: Buffer; readonly frameSize?: number } }
  /** Sends frames: in one write, in a write for each frame, or in writes of so many bytes; or only a part of one frame. */
  | { readonly send: readonly FrameDescription[]; readonly writeSize?: 'frames' | number; readonly part?: Part }
  /** Waits so many milliseconds. */
  | { readonly pause: number }
  /** Waits until so many events of the agent's have come. */
  | { readonly until: number }
  /** The agent has failed the connection by now: later is NON-STRICT. */
  | { readonly failedByNow: true };

/** What the agent may send back. */
export type AgentEvent =
  | { readonly type: 'text' | 'binary'; readonly payload: Uint8Array }
  | { readonly type: 'ping' | 'pong'; readonly payload: Uint8Array };

/**
 * How the connection ends: by a closing handshake that the tester starts (`clean`) or has started in its steps
 * (`closed`), or by the agent that fails it, with one of these close codes.
 */
export type Ending = 'clean' | { readonly closed: readonly number[] } | { readonly failed: readonly number[] };

/** One way in which an agent may behave. */
export interface Expectation {
  /** In order. */
  readonly events: readonly AgentEvent[];
  readonly ending: Ending;
}

/** One test of an agent that echoes messages. */
export interface ConformanceCase {
  /** As Autobahn numbers it, where it has the same; from 14 on, our own. */
  readonly id: string;
  readonly title: string;
  /** The section that is tested, such as `RFC 6455 §5.2`. */
  readonly section: string;
  readonly steps: readonly Step[];
  readonly expect: Expectation;
  /** What is not what the standard wants, and harmless: NON-STRICT. */
  readonly nonStrict?: readonly Expectation[];
  /** There is no right or wrong: what the agent does is only told. */
  readonly informational?: boolean;
  /** permessage-deflate is agreed on first, by the first of these that can be; UNIMPLEMENTED if none can. */
  readonly deflate?: readonly DeflateWish[];
  /** Milliseconds that what is expected may take to come, where it takes longer than usual. */
  readonly timeLimit?: number;
}
