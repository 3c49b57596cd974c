import type { PresenceRecords } from '../log/log.ts';
import type { ConnectionListener } from './connection-watch.ts';
import type { NatsMessage, NatsSubscription } from './nats-connection.ts';
import type { Requests } from './requests.ts';

interface PresenceRecord {
  readonly text: string;
  /** Whether this process has written the record, and sends it to the other processes. */
  readonly isOwn: boolean;
  /** When the record expires, by the clock of this process. */
  readonly expiresAt: number;
}

/** A message between processes: a record, the removal of a record, or a request for all records. */
interface Announcement {
  /** The log that sends the message. This log receives it, too. */
  readonly from?: string;
  readonly process?: string;
  readonly record?: string;
  readonly expiry?: number;
  /** For a record that does not fit in one message: the index of this part, and the number of parts. */
  readonly part?: number;
  readonly parts?: number;
}

/** The parts of a record that were received so far. */
interface PartialRecord {
  readonly texts: string[];
  readonly expiresAt: number;
}

/** Milliseconds for the answers of the other processes. */
const ANSWER_TIME = 250;

/** Bytes of a message besides the record. */
const OTHER_BYTES = 1024;

/** JSON takes at most this many bytes for a UTF-16 code unit. */
const MAX_UNIT_BYTES = 6;

/**
 * Records that processes send to each other in messages that no stream stores. Each process keeps all records. After its start, or an
 * interruption of its connection, a process requests the records of the others.
 */
export class JetStreamPresence implements PresenceRecords, ConnectionListener {
  readonly #requests: Requests;
  readonly #subject: string;
  readonly #records = new Map<string, PresenceRecord>();
  readonly #partial = new Map<string, PartialRecord>();
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
    await this.#tell(() => this.#announceRecord(process, text, expiry));
  }

  async remove(process: string): Promise<void> {
    this.#begin();
    this.#records.delete(process);
    await this.#tell(() => this.#announce({ process }));
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    this.#begin();
    await this.#answered;
    // When this resolves, all records that others had written before the call have been received.
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
    for (const records of [this.#records, this.#partial]) {
      for (const [process, { expiresAt }] of records) if (expiresAt <= now) records.delete(process);
    }
  }

  #begin(): void {
    if (this.#requests.isClosed) throw new Error('the log is closed');
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

  /** Resolves when the server has delivered the messages that `announce` sends. */
  async #tell(announce: () => void): Promise<void> {
    // When the connection is back, all own records are sent.
    if (this.#requests.watch.problem !== undefined) return;
    announce();
    await this.#requests.roundTrip();
  }

  #announce(announcement: Announcement): void {
    const { inbox, watch } = this.#requests;
    if (watch.problem !== undefined) return;
    this.#requests.tell(this.#subject, JSON.stringify({ from: inbox, ...announcement }));
  }

  #announceRecord(process: string, text: string, expiry: number): void {
    const limit = this.#requests.connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    const length = Math.max(1, Math.floor((limit - OTHER_BYTES) / MAX_UNIT_BYTES));
    if (text.length <= length) return this.#announce({ process, record: text, expiry });
    const parts = Math.ceil(text.length / length);
    for (let part = 0; part < parts; part++) {
      const record = text.slice(part * length, (part + 1) * length);
      this.#announce({ process, record, expiry, part, parts });
    }
  }

  #announceOwn(): void {
    const now = performance.now();
    for (const [process, { text, isOwn, expiresAt }] of this.#records) {
      if (isOwn && expiresAt > now) this.#announceRecord(process, text, expiresAt - now);
    }
  }

  #receive(message: NatsMessage): void {
    const announcement = parse(message);
    if (announcement === undefined || announcement.from === this.#requests.inbox) return;
    const { process, record, expiry } = announcement;
    if (process === undefined) return this.#announceOwn();
    if (record === undefined || expiry === undefined) return void this.#records.delete(process);
    const expiresAt = performance.now() + expiry;
    const { part, parts } = announcement;
    const text = parts === undefined ? record : this.#joined(process, record, expiresAt, part ?? 0, parts);
    if (text !== undefined) this.#records.set(process, { text, isOwn: false, expiresAt });
  }

  /** The whole record; undefined if more parts follow, or one was lost. */
  #joined(process: string, record: string, expiresAt: number, part: number, parts: number): string | undefined {
    const texts = part === 0 ? [] : (this.#partial.get(process)?.texts ?? []);
    this.#partial.delete(process);
    if (texts.length !== part) return undefined;
    texts.push(record);
    if (texts.length === parts) return texts.join('');
    this.#partial.set(process, { texts, expiresAt });
    return undefined;
  }
}

/** Returns undefined for a message of another program. */
function parse(message: NatsMessage): Announcement | undefined {
  try {
    const value = JSON.parse(message.string());
    const { process, record, expiry, part, parts } = value;
    const isValid =
      [process, record].every((text) => text === undefined || typeof text === 'string') &&
      [expiry, part, parts].every((number) => number === undefined || typeof number === 'number');
    return isValid ? value : undefined;
  } catch {
    return undefined;
  }
}
