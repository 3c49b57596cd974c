import { patientTimeout } from '../../shared/patient-timeout.ts';
import type { LogEntry } from '../log/log.ts';
import type { ConnectionListener } from './connection-watch.ts';
import { decodeEntry, parseDelivery } from './entry-format.ts';
import { consumerFrom, createConsumer, deleteConsumer } from './jetstream-api.ts';
import { formatId } from './log-ids.ts';
import type { LogStream } from './log-stream.ts';
import type { NatsMessage } from './nats-connection.ts';
import { NO_RESPONDERS } from './requests.ts';

/**
 * Reads up to `count` entries after a sequence with its own consumer, fewer if they exceed about `maxBytes`. Resolves to null if one of
 * them no longer exists.
 *
 * Measured, for each of 1,000 entries: 9 us of waiting and 6 us of CPU time; with a direct get for each entry, 55 and 41 us.
 */
export async function readPage(
  stream: LogStream,
  after: number,
  count: number,
  maxBytes: number,
): Promise<LogEntry[] | null> {
  const { requests, name, epoch } = stream;
  const consumer = await createConsumer(requests, name, consumerFrom(after + 1, {}));
  const page = new Page(stream, consumer, epoch, after, count, maxBytes);
  try {
    page.request();
    return await page.done;
  } finally {
    page.close();
    deleteConsumer(requests, name, consumer);
  }
}

/** Bytes of a message that the server counts besides its payload: its subjects. */
const MESSAGE_OVERHEAD = 1024;

let lastPage = 0;

class Page implements ConnectionListener {
  readonly done: Promise<LogEntry[] | null>;
  readonly #stream: LogStream;
  readonly #epoch: string;
  readonly #count: number;
  readonly #maxBytes: number;
  readonly #inbox: string;
  /** Where messages are requested. */
  readonly #subject: string;
  readonly #subscription: { unsubscribe(): void };
  readonly #timer: NodeJS.Timeout;
  readonly #entries: LogEntry[] = [];
  #bytes = 0;
  #isComplete = false;
  #sequence: number;
  #resolve!: (entries: LogEntry[] | null) => void;
  #reject!: (error: Error) => void;

  constructor(stream: LogStream, consumer: string, epoch: string, after: number, count: number, maxBytes: number) {
    this.#stream = stream;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${stream.name}.${consumer}`;
    this.#epoch = epoch;
    this.#sequence = after;
    this.#count = count;
    this.#maxBytes = maxBytes;
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
    const timeout = new Error(`the page did not continue for ${requests.timeout} ms`);
    this.#timer = patientTimeout(() => {
      this.#reject(timeout);
      requests.reportSilence();
    }, requests.timeout);
    requests.watch.add(this);
  }

  request(): void {
    const { connection } = this.#stream.requests;
    // The server sends nothing if the first message does not fit.
    const bytes = Math.max(this.#maxBytes, connection.info?.max_payload ?? 0) + MESSAGE_OVERHEAD;
    const limit = bytes < Number.MAX_SAFE_INTEGER ? { max_bytes: bytes } : {};
    connection.publish(this.#subject, JSON.stringify({ batch: this.#count, no_wait: true, ...limit }), {
      reply: this.#inbox,
    });
  }

  onInterrupted(error: Error): void {
    this.#reject(error);
  }

  onReconnected(): void {}

  onRefused(subject: string, error: Error): void {
    if (subject === this.#subject) this.#reject(error);
  }

  close(): void {
    const { watch, connection } = this.#stream.requests;
    clearTimeout(this.#timer);
    watch.remove(this);
    if (!connection.isClosed()) this.#subscription.unsubscribe();
  }

  #receive(message: NatsMessage): void {
    // The client calls back for all messages of a chunk.
    if (this.#isComplete) return;
    this.#timer.refresh();
    const delivery = parseDelivery(message.reply);
    // The consumer no longer exists, for example because its server has stopped.
    if (message.headers?.code === NO_RESPONDERS) return this.#reject(new Error('JetStream has lost the consumer'));
    // Not an entry, but a status: there are no more entries, or the next one has too many bytes.
    if (delivery === undefined) return this.#resolve(this.#entries.length === 0 ? null : this.#entries);
    if (delivery.sequence !== this.#sequence + 1) return this.#resolve(null);
    this.#sequence++;
    const length = this.#entries.push(decodeEntry(formatId(this.#epoch, this.#sequence), message.string()));
    this.#bytes += message.data.length;
    if (length < this.#count && this.#bytes < this.#maxBytes) return;
    this.#isComplete = true;
    this.#resolve(this.#entries);
  }
}
