import { HubError, notPublished, outcomeUnknown } from '../hub-error.ts';
import type {
  Appended,
  Log,
  LogEntry,
  LogRange,
  NewLogEntry,
  PresenceRecords,
  Tail,
  TailListener,
} from '../log/log.ts';
import { comparePositions } from '../log/log-position.ts';
import { encodeEntry, KeyHeaders } from './entry-format.ts';
import { JetStreamError, readAnswer } from './jetstream-api.ts';
import { type JetStreamLogOptions, logSettings } from './jetstream-log-options.ts';
import { JetStreamPresence } from './jetstream-presence.ts';
import { JetStreamTail } from './jetstream-tail.ts';
import { formatId, parseId } from './log-ids.ts';
import { LogStream } from './log-stream.ts';
import type { NatsConnection } from './nats-connection.ts';
import { readPage } from './read-page.ts';
import { RequestError, Requests } from './requests.ts';

/** The server's answer to a message that it has stored. */
interface PublishAnswer {
  readonly seq: number;
  readonly duplicate?: boolean;
}

/**
 * A log in a stream of NATS JetStream, which several processes share. It uses only requests on the connection of the application.
 *
 * If a stream was deleted, or was lost with the memory of the server, the next stream has another creation time. Therefore, its ids
 * differ. A server can also lose the latest entries of a stream, for example in a power failure, and it does not report this. When the
 * connection of a process is restored, the process checks whether the stream still has the last entry that the process has received or
 * appended. If not, it begins another epoch for all processes. If no running process has seen the lost entries, the loss is not detected.
 */
export class JetStreamLog implements Log {
  readonly presence: PresenceRecords;
  readonly #presence: JetStreamPresence;
  readonly #connection: NatsConnection;
  readonly #requests: Requests;
  readonly #stream: LogStream;
  readonly #tails = new Set<JetStreamTail>();
  /** Whether the server has ever confirmed an append. */
  #hasAppended = false;
  #isClosed = false;

  /** @throws TypeError or RangeError for an invalid option, with the code HUB_ERR_INVALID_OPTION */
  constructor(options: JetStreamLogOptions) {
    const settings = logSettings(options);
    this.#connection = settings.connection;
    this.#requests = new Requests(settings.connection, settings.inboxPrefix, settings.timeout);
    this.#stream = new LogStream(this.#requests, settings);
    this.#presence = new JetStreamPresence(this.#requests, settings.stream);
    this.presence = this.#presence;
  }

  async append(entry: NewLogEntry): Promise<Appended> {
    this.#checkOpen();
    const payload = encodeEntry(entry);
    const headers = entry.idempotencyKey === undefined ? undefined : new KeyHeaders(entry.idempotencyKey);
    try {
      // Even if the stream is ready, so that no append overtakes earlier ones.
      await this.#stream.ready();
    } catch (error) {
      throw notPublished(error);
    }
    this.#checkOpen();
    this.#checkSize(payload, headers?.byteLength ?? 0);
    try {
      const answer = await this.#requests.send(this.#stream.subject, payload, headers);
      const { seq, duplicate = false } = readAnswer<PublishAnswer>(answer.string());
      this.#hasAppended = true;
      const epoch = duplicate ? this.#stream.epoch : await this.#stream.epochOfAppended(seq);
      return { id: formatId(epoch, seq), duplicate };
    } catch (error) {
      throw this.#publishError(error);
    }
  }

  async read(
    after: string,
    limit: number,
    maxBytes: number = Number.POSITIVE_INFINITY,
  ): Promise<readonly LogEntry[] | null> {
    this.#checkOpen();
    const position = parseId(after);
    if (position === undefined) return null;
    const { state } = await this.#stream.info();
    const { epoch, number: sequence } = position;
    if (epoch !== this.#stream.epoch || sequence > state.last_seq || sequence + 1 < state.first_seq) return null;
    const count = Math.min(limit, state.last_seq - sequence);
    return count === 0 ? [] : readPage(this.#stream, sequence, count, maxBytes);
  }

  async range(): Promise<LogRange> {
    this.#checkOpen();
    const { state } = await this.#stream.info();
    const { epoch } = this.#stream;
    const oldestId = state.messages === 0 ? null : formatId(epoch, state.first_seq);
    return { oldestId, latestId: formatId(epoch, state.last_seq) };
  }

  tail(listener: TailListener): Tail {
    this.#checkOpen();
    const tail = new JetStreamTail(this.#stream, listener, () => this.#tails.delete(tail));
    this.#tails.add(tail);
    return tail;
  }

  compare(id: string, other: string): number {
    return comparePositions(parseId(id), parseId(other));
  }

  /** Releases the resources of the log. The connection stays open. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const tail of [...this.#tails]) tail.close();
    this.#presence.close();
    this.#stream.close();
    this.#requests.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new HubError('HUB_ERR_CLOSED', 'The log is closed');
  }

  #checkSize(payload: string, headerBytes: number): void {
    const limit = this.#connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    // A UTF-16 code unit takes up to three bytes.
    if (payload.length * 3 + headerBytes <= limit) return;
    const size = Buffer.byteLength(payload) + headerBytes;
    if (size > limit)
      throw notPublished(`the message exceeds max_payload of the server (limit ${limit} bytes, received ${size})`);
  }

  #publishError(error: unknown): HubError {
    if (error instanceof JetStreamError) return notPublished(error);
    if (!(error instanceof RequestError) || !error.isCertain) return outcomeUnknown(error);
    // If a right was revoked, the server may have stored this event and refused a later one.
    if (error.isRefused && this.#hasAppended) return outcomeUnknown(error);
    // The stream may have been deleted: the next append checks it.
    this.#stream.forget();
    return notPublished(error);
  }
}
