import { LimitError } from './errors.ts';
import type { Session } from './session.ts';
import { IDLE_MESSAGE, TOO_MUCH_RECEIVED, unresponsive } from './session-errors.ts';

export interface SupervisorOptions {
  /** Milliseconds of silence after which a peer is sent a ping. */
  readonly heartbeatInterval: number;
  /** Milliseconds without a byte after that ping, after which it is terminated. */
  readonly heartbeatTimeout: number;
  /** Milliseconds without a byte of a message that has begun, after which the connection is failed. */
  readonly messageTimeout: number;
  /** Bytes of all unfinished messages together. */
  readonly maxReceiveMemory: number;
}

/** Counts since the server was started; sizes in bytes. */
export interface Metrics {
  readonly connections: {
    readonly open: number;
    readonly accepted: number;
    /** Opening handshakes that were refused. */
    readonly refused: number;
  };
  readonly messages: { readonly received: number; readonly sent: number };
  /** On the transport, frame headers included. */
  readonly bytes: { readonly received: number; readonly sent: number };
  /** Received and not delivered: of messages that are not whole, or held back. */
  readonly receiveMemory: number;
  /** How many connections ended with each close code. */
  readonly closeCodes: Readonly<Record<number, number>>;
  /** How many connections failed with each code of an error. */
  readonly errors: Readonly<Record<string, number>>;
  /** How many connections exceeded each limit, by the name of its option. */
  readonly limits: Readonly<Record<string, number>>;
}

/** What is known of a connection between two sweeps. */
interface Watch {
  lastActive: number;
  /** When a ping was sent that nothing has come after; 0 for never. */
  pingedAt: number;
  /** As the session told it at the last sweep, and since when it is so. */
  messageProgress: number;
  messageSince: number;
  undelivered: number;
}

/** Sweeps in the shortest of the times to be watched: so a time is exceeded by this fraction at the most. */
const SWEEPS = 4;

/** On the monotonic clock; whole, for V8 keeps a fraction in an object of its own. */
function milliseconds(): number {
  return Math.floor(performance.now());
}

/** Watches over all connections of a server, with one timer: heartbeat, unfinished messages, memory, and the counts. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #sweepInterval: number;
  readonly #watches = new Map<Session, Watch>();
  #timer: NodeJS.Timeout | undefined;
  #receiveMemory = 0;

  accepted = 0;
  refused = 0;
  messagesReceived = 0;
  messagesSent = 0;
  bytesReceived = 0;
  bytesSent = 0;
  readonly #closeCodes: Record<number, number> = {};
  readonly #errors: Record<string, number> = {};
  readonly #limits: Record<string, number> = {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { heartbeatInterval, heartbeatTimeout, messageTimeout } = options;
    const times = [heartbeatInterval, heartbeatTimeout, messageTimeout].filter((time) => time > 0);
    this.#sweepInterval = times.length === 0 ? 0 : Math.max(1, Math.min(...times) / SWEEPS);
  }

  get openConnections(): number {
    return this.#watches.size;
  }

  add(session: Session): void {
    this.accepted++;
    const now = milliseconds();
    this.#watches.set(session, {
      lastActive: now,
      pingedAt: 0,
      messageProgress: -1,
      messageSince: now,
      undelivered: 0,
    });
    if (this.#timer !== undefined || this.#sweepInterval === 0) return;
    this.#timer = setInterval(() => this.#sweep(), this.#sweepInterval);
    // It keeps no process alive: the connections do.
    this.#timer.unref();
  }

  remove(session: Session, code: number): void {
    const watch = this.#watches.get(session);
    if (watch === undefined) return;
    this.#receiveMemory -= watch.undelivered;
    this.#watches.delete(session);
    this.#closeCodes[code] = (this.#closeCodes[code] ?? 0) + 1;
    if (this.#watches.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  countError(error: Error): void {
    const { code = error.name } = error as NodeJS.ErrnoException;
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
    if (error instanceof LimitError) this.#limits[error.option] = (this.#limits[error.option] ?? 0) + 1;
  }

  /** What a session holds undelivered has changed. Past the limit, the one that holds the most is failed. */
  setUndelivered(session: Session, undelivered: number): void {
    const watch = this.#watches.get(session);
    if (watch === undefined || watch.undelivered === undelivered) return;
    this.#receiveMemory += undelivered - watch.undelivered;
    watch.undelivered = undelivered;
    if (this.#receiveMemory <= this.#options.maxReceiveMemory) return;
    const [largest, { undelivered: most }] = [...this.#watches].reduce((one, other) =>
      other[1].undelivered > one[1].undelivered ? other : one,
    );
    const total = this.#receiveMemory;
    this.#receiveMemory -= most;
    this.#watches.get(largest)!.undelivered = 0;
    largest.fail(TOO_MUCH_RECEIVED, this.#options.maxReceiveMemory, total);
  }

  metrics(): Metrics {
    return {
      connections: { open: this.#watches.size, accepted: this.accepted, refused: this.refused },
      messages: { received: this.messagesReceived, sent: this.messagesSent },
      bytes: { received: this.bytesReceived, sent: this.bytesSent },
      receiveMemory: this.#receiveMemory,
      closeCodes: { ...this.#closeCodes },
      errors: { ...this.#errors },
      limits: { ...this.#limits },
    };
  }

  #sweep(): void {
    const now = milliseconds();
    for (const [session, watch] of this.#watches) {
      this.#checkHeartbeat(session, watch, now);
      this.#checkMessage(session, watch, now);
    }
  }

  #checkHeartbeat(session: Session, watch: Watch, now: number): void {
    const { heartbeatInterval, heartbeatTimeout } = this.#options;
    if (heartbeatInterval === 0) return;
    if (session.takeActivity()) {
      watch.lastActive = now;
      watch.pingedAt = 0;
    } else if (watch.pingedAt === 0) {
      if (now - watch.lastActive < heartbeatInterval) return;
      watch.pingedAt = now;
      session.ping();
    } else if (heartbeatTimeout > 0 && now - watch.pingedAt >= heartbeatTimeout) {
      session.abandon(unresponsive(heartbeatTimeout, now - watch.lastActive));
    }
  }

  #checkMessage(session: Session, watch: Watch, now: number): void {
    const { messageTimeout } = this.#options;
    const progress = session.messageProgress;
    if (messageTimeout === 0 || progress === -1 || progress !== watch.messageProgress) {
      watch.messageProgress = progress;
      watch.messageSince = now;
    } else if (now - watch.messageSince >= messageTimeout) {
      session.fail(IDLE_MESSAGE, messageTimeout, now - watch.messageSince);
    }
  }
}
