import type { FrameDescription } from './frames.ts';
import type { Sentence } from './sentences.ts';

/** A part of one frame, by positions in its payload. A part that starts at 0 includes the frame header. */
export interface Part {
  readonly start: number;
  /** Default: the end of the payload. */
  readonly end?: number;
}

/** What the tester requests of the agent's compressor, and does itself, RFC 7692 §7.1. */
export interface DeflatePreference {
  /** Whether the agent must start each message with an empty window. */
  readonly noContextTakeover: boolean;
  /** From 8 to 15. Default: no request. */
  readonly maxWindowBits?: number | undefined;
  /**
   * What the tester states for the messages that it sends. As a client, it offers `client_max_window_bits` with this value; as a
   * server, it responds with these parameters although the client did not request them.
   */
  readonly own?: { readonly noContextTakeover: boolean; readonly maxWindowBits?: number };
}

/** One write for each frame; one for each octet of a header, and one for each payload; or writes of this many bytes. */
export type WriteSize = 'frames' | 'headers' | number;

/** One action of the tester. */
export type Step =
  /** Sends a compressed message, in one frame or in frames of `frameSize` bytes. */
  | { readonly compress: { readonly type: 'text' | 'binary'; readonly payload: Buffer; readonly frameSize?: number } }
  /** Sends frames, or a part of one frame. Default: in one write. */
  | { readonly send: readonly FrameDescription[]; readonly writeSize?: WriteSize; readonly part?: Part }
  /** Waits this many milliseconds. */
  | { readonly pause: number }
  /** Waits until the agent has sent this many messages. */
  | { readonly until: number }
  /** Waits this many milliseconds. An agent that fails the connection meanwhile is FAILED: all that it has received is valid. */
  | { readonly staysOpen: number }
  /** Waits until the agent has failed the connection. If it fails the connection only after later steps, it is NON-STRICT. */
  | { readonly failsNow: true };

/** A message of the agent. */
export interface DataEvent {
  readonly type: 'text' | 'binary';
  readonly payload: Uint8Array;
}

/** What a case expects of an agent, apart from Close frames. */
export type AgentEvent = DataEvent | { readonly type: 'pong'; readonly payload: Uint8Array };

/**
 * How the connection ends: `clean`, by a closing handshake that the tester starts after the last event; `closed`, by a
 * closing handshake that the steps start; `failed`, by the agent. The numbers are the close codes that are expected; what
 * others mean is in `grades.ts`.
 */
export type Ending = 'clean' | { readonly closed: readonly number[] } | { readonly failed: readonly number[] };

/** What an agent should do. */
export interface Expectation {
  /** In the order in which they arrive. Of several pongs, all but the last may be missing. */
  readonly events: readonly AgentEvent[];
  readonly ending: Ending;
}

/** One test of an agent that echoes messages. */
export interface ConformanceCase {
  /** In groups 1 to 13, the number of the same case in the Autobahn suite. The other groups are our own. */
  readonly id: string;
  readonly title: string;
  /** The section that the case tests, such as `RFC 6455 §5.2`. */
  readonly section: string;
  /** The sentence that the case tests. */
  readonly sentence: Sentence;
  readonly steps: readonly Step[];
  readonly expect: Expectation;
  /** The standard leaves the behavior open: the verdict is INFORMATIONAL. */
  readonly informational?: boolean;
  /** An agent may also wait for the rest of a frame: it is OK if it does nothing. */
  readonly mayWait?: boolean;
  /** Whether the masking keys of the agent are judged. */
  readonly judgesKeys?: boolean;
  /** Preferences for permessage-deflate, the best first. The verdict is UNIMPLEMENTED if the agent accepts none. */
  readonly deflate?: readonly DeflatePreference[];
  /** Milliseconds to wait for what the case expects, where the usual limit is too short. */
  readonly timeLimit?: number;
  /** For a case with many messages: the same with another number of them, which `countOf` returns for their size in bytes. */
  readonly withMessages?: (countOf: MessageCount) => ConformanceCase;
}

/** The messages that a case expects. */
export function expectedMessages({ expect }: Pick<ConformanceCase, 'expect'>): DataEvent[] {
  return expect.events.filter((event): event is DataEvent => event.type !== 'pong');
}

/** Returns the number of messages of a case, for the bytes of each message. */
export type MessageCount = (size: number) => number;

/** The number of messages by default: as many as have 1 MiB together, but at least 10 and at most 100. */
export const DEFAULT_MESSAGES: MessageCount = (size) =>
  Math.min(100, Math.max(10, Math.floor((1024 * 1024) / Math.max(1, size))));

/**
 * Returns the case with this many messages, if it has many. Autobahn's cases have 1,000.
 *
 * @param messages undefined for as many as it has by default
 */
export function withMessages(test: ConformanceCase, messages: number | undefined): ConformanceCase {
  return messages === undefined ? test : (test.withMessages?.(() => messages) ?? test);
}
