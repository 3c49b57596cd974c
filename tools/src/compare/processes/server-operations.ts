import type { Certificate } from '../self-signed-certificate.ts';
import type { Technique } from '../technique.ts';

/** What the process of the servers does. Times are of the clock that all processes share, in milliseconds. */
export interface ServerOperations {
  /** Starts the servers, each on a port of its own. */
  listen(options: ListenOptions): Promise<Ports>;
  /** Sends messages at a rate, whether those before have arrived or not. Resolves when all have been written. */
  push(options: PushOptions): Promise<Pushed[]>;
  /** Sends messages as fast as one connection takes them. Resolves when all have been handed over. */
  flood(options: FloodOptions): Promise<void>;
  /** Sends one message to the crowd. Tells when it began. */
  broadcast(options: { readonly technique: Technique; readonly bytes: number; readonly id: number }): number;
  /** The messages of clients with these numbers that have come and have not been taken yet. */
  takeArrivals(ids: { readonly first: number; readonly count: number }): [id: number, arrival: Arrival][];
  /** Sends an event each so many milliseconds to those who recover; 0 ends it. Tells how many there have been. */
  tick(interval: number): number;
  /** Breaks the connections of those who recover. Tells when. */
  drop(): number;
  /** Resolves when no connection is open. */
  emptied(): Promise<void>;
  /** Milliseconds of CPU time so far. */
  cpu(): number;
  /** Bytes in use, in the heap and beside it, after a collection. */
  memory(): number;
  /** Bytes of all connections so far, as TCP carries them. */
  countBytes(): ByteCount;
}

export interface ListenOptions {
  readonly certificate: Certificate;
  /** Milliseconds that each message is held back on the server: a delay that is known, to see the instrument show it. */
  readonly hold: number;
}

export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly http2: number;
}

export interface PushOptions {
  /** They take turns. */
  readonly techniques: readonly Technique[];
  /** Of each message. */
  readonly bytes: number;
  readonly count: number;
  /** Messages a second, of all techniques together. */
  readonly rate: number;
  /** Records instead of one letter, again and again. */
  readonly records?: boolean;
  readonly firstId: number;
}

export interface FloodOptions {
  readonly technique: Technique;
  /** Of each message. */
  readonly bytes: number;
  readonly count: number;
  /** Records instead of one letter, again and again. */
  readonly records?: boolean;
}

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

/** Of a client's message, and of what was answered to it. */
export interface Arrival {
  readonly arrived: number;
  /** When the answer was written; undefined where nothing is answered. */
  readonly written?: number;
}
