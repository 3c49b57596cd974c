import { patientTimeout } from '../../shared/patient-timeout.ts';
import type { LogEntry } from '../log.ts';
import type { ConnectionListener } from './connection-watch.ts';
import { decodeEntry, parseDelivery } from './entry-format.ts';
import { consumerFrom, createConsumer, deleteConsumer } from './jetstream-api.ts';
import { formatId } from './log-ids.ts';
import type { LogStream } from './log-stream.ts';
import type { NatsMessage } from './nats-connection.ts';

/**
 * Reads `count` entries after a sequence with a consumer of its own. Resolves to null if one of them is no longer there.
 *
 * Measured, for each of 1,000 entries: 9 us of waiting and 6 us of CPU time; with a direct get for each entry, 55 and 41 us.
 */
export async function readPage(stream: LogStream, after: number, count: number): Promise<LogEntry[] | null> {
  const { requests, name, epoch } = stream;
  const consumer = await createConsumer(requests, name, consumerFrom(after + 1, {}));
  const page = new Page(stream, epoch, after, count);
  try {
    page.request(`$JS.API.CONSUMER.MSG.NEXT.${name}.${consumer}`);
    return await page.done;
  } finally {
    page.close();
    deleteConsumer(requests, name, consumer);
  }
}

let lastPage = 0;

class Page implements ConnectionListener {
  readonly done: Promise<LogEntry[] | null>;
  readonly #stream: LogStream;
  readonly #epoch: string;
  readonly #count: number;
  readonly #inbox: string;
  readonly #subscription: { unsubscribe(): void };
  readonly #timer: NodeJS.Timeout;
  readonly #entries: LogEntry[] = [];
  #sequence: number;
  #resolve!: (entries: LogEntry[] | null) => void;
  #reject!: (error: Error) => void;

  constructor(stream: LogStream, epoch: string, after: number, count: number) {
    this.#stream = stream;
    this.#epoch = epoch;
    this.#sequence = after;
    this.#count = count;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // `request()` may throw before anyone waits.
    this.done.catch(() => {});
    const { requests } = stream;
    this.#inbox = `${requests.inbox}.page.${++lastPage}`;
    this.#subscription = requests.connection.subscribe(this.#inbox, {
      callback: (error, message) => (error === null ? this.#receive(message) : this.#reject(error)),
    });
    const timeout = new Error(`the page was not complete after ${requests.timeout} ms`);
    this.#timer = patientTimeout(() => this.#reject(timeout), requests.timeout);
    requests.watch.add(this);
  }

  request(subject: string): void {
    const body = JSON.stringify({ batch: this.#count, no_wait: true });
    this.#stream.requests.connection.publish(subject, body, { reply: this.#inbox });
  }

  onInterrupted(error: Error): void {
    this.#reject(error);
  }

  onReconnected(): void {}

  close(): void {
    const { watch, connection } = this.#stream.requests;
    clearTimeout(this.#timer);
    watch.remove(this);
    if (!connection.isClosed()) this.#subscription.unsubscribe();
  }

  #receive(message: NatsMessage): void {
    const delivery = parseDelivery(message.reply);
    // Not an entry: the status that there are no more.
    if (delivery === undefined || delivery.sequence !== this.#sequence + 1) return this.#resolve(null);
    this.#sequence++;
    const length = this.#entries.push(decodeEntry(formatId(this.#epoch, this.#sequence), message.string()));
    if (length === this.#count) this.#resolve(this.#entries);
  }
}
