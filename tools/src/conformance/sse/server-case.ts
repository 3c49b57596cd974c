import type { Verdict } from '../verdict.ts';
import type { Exchange, StreamRequest } from './exchange.ts';

/** How long a server is listened to. */
export type Listening =
  /** Until the response's head has come. */
  | 'head'
  /** Until some events have come, or for the time limit. */
  | 'events'
  /** Until something has come after a quiet time, or for the quiet limit. */
  | 'quiet';

/** A judgement; undefined: as the standard wants. */
export type Judgement = readonly [verdict: Exclude<Verdict, 'OK'>, text: string] | undefined;

/** What a peer does that disturbs the server, on connections of its own. */
export interface Disturbance {
  readonly connections: number;
  /** What is sent on each; `HOST` and `PATH` are put in. */
  readonly send: string;
  /** Milliseconds after which each is cut; Infinity: they stay until the case is over, and read nothing. */
  readonly cutAfter: number;
}

/** One test of a server of event streams. */
export interface StreamServerCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /**
   * Default: what an EventSource sends at first. Made of a first exchange where it needs one: a text tells why this server
   * cannot be asked so. Cases that ask the same, and listen as long, share one exchange.
   */
  readonly ask?: StreamRequest | ((first: Exchange) => StreamRequest | string);
  /** Default: `events`. */
  readonly listen?: Listening;
  /** Goes on while the server is asked. */
  readonly disturbance?: Disturbance;
  /** @param first what the server answers to what an EventSource sends at first */
  readonly judge: (answer: Exchange, first: Exchange) => Judgement;
}
