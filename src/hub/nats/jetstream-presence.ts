import type { PresenceRecords } from '../log.ts';
import type { ConnectionListener } from './connection-watch.ts';
import type { NatsMessage, NatsSubscription } from './nats-connection.ts';
import type { Requests } from './requests.ts';

interface PresenceRecord {
  readonly text: string;
  /** Whether this process has written it, and sends it to the others. */
  readonly isOwn: boolean;
  /** When the record expires, by the clock of this process. */
  readonly expiresAt: number;
}

/** What processes send each other: a record, that one is removed, or that a process asks for all records. */
interface Announcement {
  /** The log that sends this. It receives it, too. */
  readonly from?: string;
  readonly process?: string;
  readonly record?: string;
  readonly expiry?: number;
}

/** Milliseconds for the answers of the other processes. */
const ANSWER_TIME = 250;

/**
 * Records that the processes send each other in messages that no stream stores. Each process keeps them all. A process that has just
 * begun, or whose connection was interrupted, asks the others for theirs.
 */
export class JetStreamPresence implements PresenceRecords, ConnectionListener {
  readonly #requests: Requests;
  readonly #subject: string;
  readonly #records = new Map<string, PresenceRecord>();
  #subscription: NatsSubscription | undefined;
  #answered: Promise<void> | undefined;
  /** Ends the waiting for answers. */
  #stopWaiting: () => void = () => {};

  constructor(requests: Requests, stream: string) {
    this.#requests = requests;
    this.#subject = `${stream}.presence`;
  }

  async write(process: string, text: string, expiry: number): Promise<void> {
    this.#begin();
    this.#removeExpired();
    this.#records.set(process, { text, isOwn: true, expiresAt: performance.now() + expiry });
    await this.#tell({ process, record: text, expiry });
  }

  async remove(process: string): Promise<void> {
    this.#begin();
    this.#records.delete(process);
    await this.#tell({ process });
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    this.#begin();
    await this.#answered;
    // What others had written before this call is received before this.
    if (this.#requests.watch.problem === undefined) await this.#requests.roundTrip();
    this.#removeExpired();
    return new Map([...this.#records].map(([process, { text }]) => [process, text]));
  }

  onInterrupted(): void {
    this.#stopWaiting();
  }

  onReconnected(): void {
    this.#ask();
    this.#announceOwn();
  }

  close(): void {
    this.#stopWaiting();
    this.#requests.watch.remove(this);
    if (!this.#requests.connection.isClosed()) this.#subscription?.unsubscribe();
  }

  #removeExpired(): void {
    const now = performance.now();
    for (const [process, { expiresAt }] of this.#records) {
      if (expiresAt <= now) this.#records.delete(process);
    }
  }

  #begin(): void {
    if (this.#subscription !== undefined) return;
    this.#subscription = this.#requests.connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
      },
    });
    this.#requests.watch.add(this);
    this.#ask();
  }

  #ask(): void {
    this.#stopWaiting();
    this.#announce({});
    this.#answered = new Promise((resolve) => {
      const timer = setTimeout(resolve, ANSWER_TIME);
      this.#stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Resolves when the server has passed it on to the other processes. */
  async #tell(announcement: Announcement): Promise<void> {
    // When the connection is back, all own records are sent.
    if (this.#requests.watch.problem !== undefined) return;
    this.#announce(announcement);
    await this.#requests.roundTrip();
  }

  #announce(announcement: Announcement): void {
    const { connection, inbox, watch } = this.#requests;
    if (watch.problem !== undefined) return;
    connection.publish(this.#subject, JSON.stringify({ from: inbox, ...announcement }));
  }

  #announceOwn(): void {
    const now = performance.now();
    for (const [process, { text, isOwn, expiresAt }] of this.#records) {
      if (isOwn && expiresAt > now) this.#announce({ process, record: text, expiry: expiresAt - now });
    }
  }

  #receive(message: NatsMessage): void {
    const announcement = parse(message);
    if (announcement === undefined || announcement.from === this.#requests.inbox) return;
    const { process, record, expiry } = announcement;
    if (process === undefined) return this.#announceOwn();
    if (record === undefined || expiry === undefined) this.#records.delete(process);
    else this.#records.set(process, { text: record, isOwn: false, expiresAt: performance.now() + expiry });
  }
}

/** Returns undefined for a message of another program. */
function parse(message: NatsMessage): Announcement | undefined {
  try {
    const value = JSON.parse(message.string());
    const { process, record, expiry } = value;
    const isValid =
      (process === undefined || typeof process === 'string') &&
      (record === undefined || typeof record === 'string') &&
      (expiry === undefined || typeof expiry === 'number');
    return isValid ? value : undefined;
  } catch {
    return undefined;
  }
}
