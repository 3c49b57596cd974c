import type { PresenceRecords } from '../log.ts';
import type { ConnectionListener } from './connection-watch.ts';
import type { NatsMessage, NatsSubscription } from './nats-connection.ts';
import type { Requests } from './requests.ts';

interface PresenceRecord {
  readonly text: string;
  /** When the record expires, by the clock of this process. */
  readonly expiresAt: number;
}

/** What processes tell each other: a record, that one is removed, or that a process asks for all records. */
interface Announcement {
  readonly process?: string;
  readonly record?: string;
  readonly expiry?: number;
}

/** Milliseconds for the answers of the other processes. */
const ANSWER_TIME = 250;

/**
 * Records that the processes tell each other by messages that no stream stores. Each process keeps them all. A process that has just
 * begun, or whose connection was interrupted, asks the others for theirs.
 */
export class JetStreamPresence implements PresenceRecords, ConnectionListener {
  readonly #requests: Requests;
  readonly #subject: string;
  readonly #own = new Map<string, PresenceRecord>();
  readonly #others = new Map<string, PresenceRecord>();
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
    this.#own.set(process, { text, expiresAt: performance.now() + expiry });
    this.#announce({ process, record: text, expiry });
  }

  async remove(process: string): Promise<void> {
    this.#begin();
    this.#own.delete(process);
    this.#others.delete(process);
    this.#announce({ process });
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    this.#begin();
    await this.#answered;
    const now = performance.now();
    const records = new Map<string, string>();
    for (const all of [this.#others, this.#own]) {
      for (const [process, { text, expiresAt }] of all) {
        if (expiresAt > now) records.set(process, text);
        else all.delete(process);
      }
    }
    return records;
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

  #announce(announcement: Announcement): void {
    // Until the connection is back, nobody is told; then all are.
    if (this.#requests.watch.problem !== undefined) return;
    this.#requests.connection.publish(this.#subject, JSON.stringify(announcement));
  }

  #announceOwn(): void {
    const now = performance.now();
    for (const [process, { text, expiresAt }] of this.#own) {
      if (expiresAt > now) this.#announce({ process, record: text, expiry: expiresAt - now });
    }
  }

  #receive(message: NatsMessage): void {
    const announcement = parse(message);
    if (announcement === undefined) return;
    const { process, record, expiry } = announcement;
    if (process === undefined) return this.#announceOwn();
    // This process receives what it sends, too.
    if (this.#own.has(process)) return;
    if (record === undefined || expiry === undefined) this.#others.delete(process);
    else this.#others.set(process, { text: record, expiresAt: performance.now() + expiry });
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
