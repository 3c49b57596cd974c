import type { Violation } from '../wire/violation.ts';
import { IDLE_MESSAGE, RECEIVE_MEMORY_EXCEEDED, unresponsive } from './failures.ts';
import { Counters, type Metrics } from './metrics.ts';

/** A connection, as its supervisor sees it. */
export interface Supervised {
  /**
   * Returns whether the peer has been active since the last call: something was received, or the peer read something that
   * was queued for it. Returns true while the connection does not read, because activity cannot be observed then.
   */
  takeActivity(): boolean;
  /** A number that changes while an unfinished message makes progress; -1 if there is none, or while not reading. */
  readonly messageProgress: number;
  /** The memory of what was received and not delivered, in bytes, also of what waits in a transport that is not read. */
  readonly undeliveredBytes: number;
  /** Calls `setUndelivered()` with it if it has changed: a transport reports nothing while it is not read. */
  countUndelivered(): void;
  /** The memory that is kept for what is queued for the peer, in bytes. */
  readonly sendMemory: number;
  /** Sends a ping. */
  ping(): void;
  /** Fails the connection with a Close frame (RFC 6455 §7.1.7). */
  fail(violation: Violation, limit: number, actual: number): void;
  /** Ends the connection at once, with an error. */
  abandon(error: Error): void;
}

/** SupervisionOptions after validation. */
export interface SupervisorOptions {
  /** Milliseconds of silence after which a ping is sent; 0 for never. */
  readonly heartbeatInterval: number;
  /** Milliseconds of silence after that ping until the connection is terminated; 0 for never. */
  readonly heartbeatTimeout: number;
  /** Milliseconds of silence within an unfinished message until the connection is failed; 0 for never. */
  readonly messageTimeout: number;
  /** The maximum memory in bytes of what is received and not delivered, of all connections together. */
  readonly maxReceiveMemory: number;
}

/** What the supervisor remembers of a connection from one sweep to the next. Times are in milliseconds. */
interface SupervisedState {
  lastActiveAt: number;
  /** The time of a ping that nothing has followed; 0 for none. */
  pingedAt: number;
  messageProgress: number;
  /** The time at which `messageProgress` last changed. */
  messageProgressAt: number;
  undeliveredBytes: number;
  /** The value of `undeliveredBytes` that counts as the latest progress. */
  progressBytes: number;
  /** The time of that progress. */
  progressAt: number;
  /** Whether the memory grows because a message is inflated, and not because the peer sends. */
  inflates: boolean;
  /** Whether the connection was failed for its memory, which is about to be freed and no longer counts. */
  failedForMemory: boolean;
}

/** The number of sweeps within the shortest timeout: it is exceeded by at most a quarter. */
const SWEEPS_PER_TIMEOUT = 4;

/**
 * The number of additional bytes that count as progress: otherwise, a peer could send a few bytes now and then to look busy. It is
 * smaller for a small `maxReceiveMemory`.
 */
const PROGRESS_BYTES = 16 * 1024;
const PROGRESS_SHARE = 1 / 1024;

/** A connection makes progress until it has paused for this many milliseconds: the segments of an upload have pauses. */
const RECENT = 100;

/** The monotonic clock, in whole milliseconds: V8 stores a fraction as a separate object. */
function now(): number {
  return Math.floor(performance.now());
}

/** Supervises the connections of a server with one timer: heartbeat, unfinished messages, receive memory, counters. */
export class Supervisor {
  readonly counters: Counters = new Counters();
  readonly #options: SupervisorOptions;
  readonly #sweepInterval: number;
  readonly #states = new Map<Supervised, SupervisedState>();
  /** The connections that hold something. The one that made progress last is the last. */
  readonly #holders = new Map<Supervised, SupervisedState>();
  readonly #progressBytes: number;
  #timer: NodeJS.Timeout | undefined;
  #receiveMemory = 0;
  #closedSendMemory = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#progressBytes = Math.min(PROGRESS_BYTES, options.maxReceiveMemory * PROGRESS_SHARE);
    const { heartbeatInterval, heartbeatTimeout, messageTimeout } = options;
    const timeouts = [heartbeatInterval, heartbeatTimeout, messageTimeout].filter((timeout) => timeout > 0);
    this.#sweepInterval = timeouts.length === 0 ? 0 : Math.max(1, Math.min(...timeouts) / SWEEPS_PER_TIMEOUT);
  }

  get openConnections(): number {
    return this.#states.size;
  }

  add(connection: Supervised): void {
    this.counters.accepted++;
    const time = now();
    this.#states.set(connection, {
      lastActiveAt: time,
      pingedAt: 0,
      messageProgress: -1,
      messageProgressAt: time,
      undeliveredBytes: 0,
      progressBytes: 0,
      progressAt: time,
      inflates: false,
      failedForMemory: false,
    });
    if (this.#timer !== undefined || this.#sweepInterval === 0) return;
    this.#timer = setInterval(() => {
      // After a stall of the event loop, this timer is late, and data that peers have sent meanwhile is read before
      // callbacks of `setImmediate()` run. The time is taken before, so that a stall in between makes no difference.
      const time = now();
      setImmediate(() => this.#sweep(time));
    }, this.#sweepInterval);
    // The connections keep the process alive, not the timer.
    this.#timer.unref();
  }

  remove(connection: Supervised, closeCode: number): void {
    const state = this.#states.get(connection);
    if (state === undefined) return;
    this.#receiveMemory -= state.undeliveredBytes;
    this.#states.delete(connection);
    this.#holders.delete(connection);
    this.counters.countClose(closeCode);
    if (this.#states.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Sets the memory in bytes of a connection's undelivered data. Beyond the limit, this fails one connection: of those that hold at
   * least half of a fair share, the one that has made no progress for the longest time. The largest may be an honest upload, and a
   * small one would free little memory. If all of them make progress, it is the one whose message has been inflated to the most
   * bytes, because inflating is not progress of the peer.
   *
   * @param received whether the peer has sent something, rather than that a message was inflated
   */
  setUndelivered(connection: Supervised, bytes: number, received: boolean): void {
    const state = this.#states.get(connection);
    if (state === undefined || state.undeliveredBytes === bytes || state.failedForMemory) return;
    this.#receiveMemory += bytes - state.undeliveredBytes;
    state.undeliveredBytes = bytes;
    this.#noteProgress(connection, state, received);
    if (this.#receiveMemory > this.#options.maxReceiveMemory) this.#failOne();
  }

  #noteProgress(connection: Supervised, state: SupervisedState, received: boolean): void {
    const bytes = state.undeliveredBytes;
    state.inflates = !received;
    if (bytes === 0) {
      this.#holders.delete(connection);
      state.progressBytes = 0;
    } else if (!received) {
      state.progressBytes = bytes;
      if (!this.#holders.has(connection)) this.#holders.set(connection, state);
    } else if (state.progressBytes === 0 || bytes >= state.progressBytes + this.#progressBytes) {
      state.progressBytes = bytes;
      state.progressAt = now();
      this.#holders.delete(connection);
      this.#holders.set(connection, state);
    } else if (bytes < state.progressBytes) {
      state.progressBytes = bytes;
    }
  }

  /** Fails a connection. There is always one that holds a fair share, and each is failed once. */
  #failOne(): void {
    const { maxReceiveMemory } = this.#options;
    const [connection, state] = this.#worstHolder(maxReceiveMemory / this.#holders.size / 2);
    const total = this.#receiveMemory;
    this.#receiveMemory -= state.undeliveredBytes;
    state.undeliveredBytes = 0;
    state.failedForMemory = true;
    this.#noteProgress(connection, state, false);
    connection.fail(RECEIVE_MEMORY_EXCEEDED, maxReceiveMemory, total);
  }

  /** The connection to fail, of those that hold at least `least` bytes. */
  #worstHolder(least: number): [Supervised, SupervisedState] {
    let longest: [Supervised, SupervisedState] | undefined;
    let largest: [Supervised, SupervisedState] | undefined;
    for (const holder of this.#holders) {
      const [, { undeliveredBytes, progressAt, inflates }] = holder;
      if (undeliveredBytes < least) continue;
      longest ??= holder;
      if (longest === holder && progressAt < now() - RECENT) return holder;
      if (inflates && undeliveredBytes > (largest?.[1].undeliveredBytes ?? 0)) largest = holder;
    }
    return (largest ?? longest)!;
  }

  /** Adds bytes of memory that are kept for what was sent on connections that have closed meanwhile. */
  countClosedSendMemory(bytes: number): void {
    this.#closedSendMemory += bytes;
  }

  /** @param pendingConnections the number of clients about which the application decides */
  metrics(pendingConnections: number): Metrics {
    let sendMemory = this.#closedSendMemory;
    let receiveMemory = 0;
    for (const connection of this.#states.keys()) {
      sendMemory += connection.sendMemory;
      receiveMemory += connection.undeliveredBytes;
    }
    return this.counters.snapshot(this.#states.size, pendingConnections, receiveMemory, sendMemory);
  }

  #sweep(time: number): void {
    for (const [connection, state] of this.#states) {
      this.#checkHeartbeat(connection, state, time);
      this.#checkMessage(connection, state, time);
      connection.countUndelivered();
    }
  }

  #checkHeartbeat(connection: Supervised, state: SupervisedState, time: number): void {
    const { heartbeatInterval, heartbeatTimeout } = this.#options;
    if (heartbeatInterval === 0) return;
    if (connection.takeActivity()) {
      state.lastActiveAt = time;
      state.pingedAt = 0;
    } else if (state.pingedAt === 0) {
      if (time - state.lastActiveAt < heartbeatInterval) return;
      state.pingedAt = time;
      connection.ping();
    } else if (heartbeatTimeout > 0 && time - state.pingedAt >= heartbeatTimeout) {
      connection.abandon(unresponsive(heartbeatTimeout, time - state.pingedAt));
    }
  }

  #checkMessage(connection: Supervised, state: SupervisedState, time: number): void {
    const { messageTimeout } = this.#options;
    const progress = connection.messageProgress;
    if (messageTimeout === 0 || progress === -1 || progress !== state.messageProgress) {
      state.messageProgress = progress;
      state.messageProgressAt = time;
    } else if (time - state.messageProgressAt >= messageTimeout) {
      connection.fail(IDLE_MESSAGE, messageTimeout, time - state.messageProgressAt);
    }
  }
}
