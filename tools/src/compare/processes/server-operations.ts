import type { Certificate } from '../self-signed-certificate.ts';
import type { Technique } from '../technique.ts';

/** The calls that the server process answers. All times are in milliseconds, by the clock that all processes share. */
export interface ServerOperations {
  /** Starts the servers, each on its own port. */
  listen(options: ListenOptions): Promise<Ports>;
  /** Sends messages at a fixed rate, without waiting for earlier ones. Resolves when all have been written. */
  push(options: PushOptions): Promise<Pushed[]>;
  /** Sends messages as fast as one connection accepts them. Resolves when all have been sent. */
  flood(options: FloodOptions): Promise<void>;
  /** Sends one message to the crowd. Returns the time at which it began. */
  broadcast(options: BroadcastOptions): number;
  /** Removes and returns the arrivals of messages with the IDs from `first` to `first + count - 1`. */
  takeArrivals(ids: { readonly first: number; readonly count: number }): [id: number, arrival: Arrival][];
  /** Sends an event to the clients of `/recovery` every `interval` milliseconds; 0 stops. Returns the number of events so far. */
  tick(interval: number): number;
  /** Breaks the connections of `/recovery`. Returns the time. */
  drop(): number;
  /** Resolves when no connection is open. */
  waitUntilEmpty(): Promise<void>;
  /** CPU time so far, in milliseconds. */
  cpu(): number;
  /** Memory in use, in the heap and outside it, after a garbage collection, in bytes. */
  memory(): number;
  /** TCP payload of all connections so far, in bytes. */
  countBytes(): ByteCount;
}

export interface ListenOptions {
  readonly certificate: Certificate;
  /** How long to hold back each message, in milliseconds. A known delay that must show in the results. */
  readonly hold: number;
}

export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly http2: number;
}

export interface PushOptions {
  /** The techniques take turns. */
  readonly techniques: readonly Technique[];
  /** The size of each message. */
  readonly bytes: number;
  readonly count: number;
  /** Messages per second, of all techniques together. */
  readonly rate: number;
  /** Whether to send JSON records instead of repeated letters. Default: false. */
  readonly records?: boolean;
  readonly firstId: number;
}

export interface FloodOptions {
  readonly technique: Technique;
  /** The size of each message. */
  readonly bytes: number;
  readonly count: number;
  /** Whether to send JSON records instead of repeated letters. Default: false. */
  readonly records?: boolean;
}

export interface BroadcastOptions {
  readonly technique: Technique;
  readonly bytes: number;
  readonly id: number;
}

/** The times of a pushed message. */
export interface Pushed {
  readonly id: number;
  readonly technique: Technique;
  /** When the message was due. */
  readonly origin: number;
  readonly written: number;
}

export interface ByteCount {
  readonly read: number;
  readonly written: number;
}

/** When a message of a client arrived, and when the answer was written. */
export interface Arrival {
  readonly arrived: number;
  /** Undefined if there is no answer. */
  readonly written?: number;
}
