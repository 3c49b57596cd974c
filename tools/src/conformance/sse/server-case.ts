import type { Verdict } from '../verdict.ts';
import type { Exchange, StreamRequest } from './exchange.ts';

/** When the tester stops reading a response. */
export type Listening =
  /** When the head of the response has arrived. */
  | 'head'
  /** When several events have arrived, or at the time limit. */
  | 'events'
  /** When something arrives after a period of silence, or at the quiet limit. */
  | 'quiet';

/** A verdict with its reason; undefined for OK. */
export type Judgement = readonly [verdict: Exclude<Verdict, 'OK'>, text: string] | undefined;

/** Hostile traffic, on connections that never read. */
export interface Disturbance {
  readonly connections: number;
  /** What each connection sends. `HOST` and `PATH` are placeholders. */
  readonly send: string;
  /** Milliseconds after which each connection is reset. Infinity: they stay connected until the case ends. */
  readonly cutAfter: number;
}

/** One test of an event-stream server. */
export interface StreamServerCase {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /**
   * The request. Default: the first request of an EventSource. A function makes it from the response to that first
   * request, or returns the reason why this server does not support the case. Cases with the same `request` and
   * `listenFor` share one exchange.
   */
  readonly request?: StreamRequest | ((first: Exchange) => StreamRequest | string);
  /** Default: `events`. */
  readonly listenFor?: Listening;
  /** Traffic that goes on during the request. */
  readonly disturbance?: Disturbance;
  /** @param first the response to the first request of an EventSource */
  readonly judge: (response: Exchange, first: Exchange) => Judgement;
}
