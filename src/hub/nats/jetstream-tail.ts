import { callSafely } from '../../shared/call-safely.ts';
import { patientTimeout } from '../../shared/patient-timeout.ts';
import { type RetryTimes, retryDelay } from '../../shared/retry-delay.ts';
import type { LogEntry, Tail, TailListener } from '../log/log.ts';
import type { ConnectionListener } from './connection-watch.ts';
import { decodeEntry, parseDelivery } from './entry-format.ts';
import {
  callApi,
  consumerFrom,
  createConsumer,
  deleteConsumer,
  duration,
  JetStreamError,
  NO_MESSAGE_FOUND,
  type StreamInfo,
} from './jetstream-api.ts';
import { formatId, hasLosses, isSameStream, nanoseconds } from './log-ids.ts';
import type { LogStream } from './log-stream.ts';
import type { NatsMessage, NatsSubscription } from './nats-connection.ts';

/** The server sends a heartbeat after this many milliseconds without an entry. */
const HEARTBEAT = 1000;
/**
 * After `min` milliseconds without a message, the tail asks for the entries anew. On a slow network, a long entry may need more time.
 * So each time that this happens again, the tail waits twice as long, up to `max`.
 */
const SILENCE = { min: 3000, max: 24_000 };
/** The delay before the tail tries again. */
const RETRY: RetryTimes = { delay: 100, maxDelay: 5000 };
/** The number of repeated requests to a cluster, in about a second, after which entries count as lost. */
const MAX_LAGS = 4;

/** A consumer on the server, and the number of messages that it has sent. */
interface Source {
  name: string | undefined;
  readonly subscription: NatsSubscription;
  /** How many messages it has sent. */
  received: number;
}

/**
 * Receives the entries of a stream, from one consumer at a time. If a consumer does not answer, or a message is missing, the next
 * consumer begins after the last entry that was received.
 */
export class JetStreamTail implements Tail, ConnectionListener {
  readonly #stream: LogStream;
  readonly #listener: TailListener;
  readonly #onClose: (tail: JetStreamTail) => void;
  #epoch: string | undefined;
  /** The sequence and time of the last entry that was received; at the start, of the entry before the tail. */
  #sequence = 0;
  #time = 0n;
  #source: Source | undefined;
  /** The entries of this turn of the event loop. */
  #entries: LogEntry[] = [];
  #isInterrupted = false;
  #isClosed = false;
  #attempts = 0;
  /** How often in a row the stream did not have the last entry that was received. */
  #lags = 0;
  #lastHeard = 0;
  /** How long it waits for a message. */
  #patience = SILENCE.min;
  #timer: NodeJS.Timeout | undefined;
  /** Counts the sources, so that callbacks of an earlier one are recognized. */
  #generation = 0;

  constructor(stream: LogStream, listener: TailListener, onClose: (tail: JetStreamTail) => void) {
    this.#stream = stream;
    this.#listener = listener;
    this.#onClose = onClose;
    stream.requests.watch.add(this);
    stream.onEpoch.add(this.#checkEpoch);
    void this.#open();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.requests.watch.remove(this);
    this.#stream.onEpoch.delete(this.#checkEpoch);
    this.#entries = [];
    this.#drop();
    this.#onClose(this);
  }

  onInterrupted(error: Error): void {
    this.#fail(error);
  }

  onReconnected(): void {
    this.#attempts = 0;
    void this.#open();
  }

  readonly #checkEpoch = (): void => {
    if (this.#source !== undefined && this.#stream.epoch !== this.#epoch) void this.#open();
  };

  async #open(): Promise<void> {
    this.#drop();
    const generation = this.#generation;
    const isCurrent = (): boolean => generation === this.#generation && !this.#isClosed;
    try {
      const info = await this.#stream.info();
      if (!isCurrent()) return;
      const continuation = this.#epoch === this.#stream.epoch ? await this.#continuation(info) : 'other';
      if (!isCurrent()) return;
      if (continuation !== 'complete') {
        const { state } = continuation === 'lost' ? await this.#stream.beginEpoch(this.#epoch!) : info;
        if (!isCurrent()) return;
        this.#isInterrupted = false;
        // Of a new stream, all entries are delivered. After a gap in the same stream, the tail skips to the end.
        if (this.#isNewStream(state)) this.#start(0, 0n);
        else this.#start(state.last_seq, nanoseconds(state.last_ts));
      }
      await this.#consume(isCurrent);
    } catch (error) {
      if (isCurrent()) this.#fail(error as Error);
    }
  }

  /** Whether the stream is another one than before, and has all of its entries. */
  #isNewStream({ first_seq: first }: StreamInfo['state']): boolean {
    const { epoch } = this.#stream;
    return this.#epoch !== undefined && !isSameStream(epoch, this.#epoch) && !hasLosses(epoch) && first <= 1;
  }

  #start(sequence: number, time: bigint): void {
    this.#deliver();
    this.#lags = 0;
    this.#epoch = this.#stream.epoch;
    this.#sequence = sequence;
    this.#time = time;
    const id = formatId(this.#epoch, sequence);
    if (!this.#isClosed) callSafely(() => this.#listener.onStart(id));
  }

  /**
   * Whether the stream has all entries after the last one that was received. The time of this entry shows whether it is the same entry.
   * If the stream no longer has it, this cannot be checked, and the stream counts as trimmed.
   */
  async #continuation({ cluster, state }: StreamInfo): Promise<'complete' | 'trimmed' | 'lost'> {
    if (state.last_seq < this.#sequence) {
      // A server that has just become the leader of a stream may not have read all of it.
      if (cluster?.replicas === undefined || ++this.#lags > MAX_LAGS) return 'lost';
      throw new Error('the leader of the stream has not caught up');
    }
    this.#lags = 0;
    if (this.#sequence === 0) return state.first_seq > 1 ? 'trimmed' : 'complete';
    if (state.last_seq === this.#sequence) return nanoseconds(state.last_ts) === this.#time ? 'complete' : 'lost';
    if (state.first_seq > this.#sequence) return 'trimmed';
    const { requests, name } = this.#stream;
    try {
      const body = { seq: this.#sequence };
      const { message } = await callApi<{ message: { time: string } }>(requests, `STREAM.MSG.GET.${name}`, body);
      return nanoseconds(message.time) === this.#time ? 'complete' : 'lost';
    } catch (error) {
      if (error instanceof JetStreamError && error.code === NO_MESSAGE_FOUND) return 'trimmed';
      throw error;
    }
  }

  async #consume(isCurrent: () => boolean): Promise<void> {
    const { requests, name } = this.#stream;
    const subject = `${requests.inbox}.tail.${this.#generation}.${Math.random().toString(36).slice(2)}`;
    const subscription = requests.connection.subscribe(subject, {
      callback: (error, message) => {
        if (!isCurrent()) return;
        if (error === null) this.#receive(message);
        else this.#fail(error);
      },
    });
    this.#source = { name: undefined, subscription, received: 0 };
    const source = this.#source;
    const config = { deliver_subject: subject, idle_heartbeat: duration(HEARTBEAT), flow_control: true };
    source.name = await createConsumer(requests, name, consumerFrom(this.#sequence + 1, config));
    if (!isCurrent()) return deleteConsumer(requests, name, source.name);
    this.#attempts = 0;
    this.#lastHeard = performance.now();
    this.#watchSilence(this.#patience);
    this.#deliver();
    this.#recovered();
  }

  #receive(message: NatsMessage): void {
    this.#lastHeard = performance.now();
    const delivery = parseDelivery(message.reply);
    if (delivery === undefined) return this.#receiveStatus(message);
    const { sequence, consumerSequence } = delivery;
    const source = this.#source!;
    // A message was lost on its way.
    if (consumerSequence !== source.received + 1) return void this.#open();
    source.received = consumerSequence;
    // Entries that were not read yet have been trimmed.
    if (sequence !== this.#sequence + 1) {
      this.#isInterrupted = false;
      this.#start(sequence - 1, 0n);
    }
    this.#sequence = sequence;
    this.#time = BigInt(delivery.time);
    if (this.#entries.push(decodeEntry(formatId(this.#epoch!, sequence), message.string())) === 1) {
      // Runs after the client has called back for each message of a chunk.
      queueMicrotask(() => this.#deliver());
    }
  }

  /** A heartbeat, or a request of the server for the position of the tail. */
  #receiveStatus({ headers, reply }: NatsMessage): void {
    const subject = reply || headers?.get('Nats-Consumer-Stalled');
    if (subject) this.#stream.requests.tell(subject);
    const sent = headers?.get('Nats-Last-Consumer');
    // Nothing is on its way.
    if (sent) this.#patience = Math.max(this.#patience / 2, SILENCE.min);
    if (sent && Number(sent) !== this.#source!.received) void this.#open();
  }

  #deliver(): void {
    if (this.#entries.length === 0 || this.#isClosed) return;
    const entries = this.#entries;
    this.#entries = [];
    this.#isInterrupted = false;
    callSafely(() => this.#listener.onEntries(entries));
  }

  /** Reports that the log answers again, unless entries have shown it. */
  #recovered(): void {
    if (!this.#isInterrupted || this.#isClosed) return;
    this.#isInterrupted = false;
    callSafely(() => this.#listener.onEntries([]));
  }

  #watchSilence(delay: number): void {
    const generation = this.#generation;
    this.#timer = patientTimeout(() => {
      if (this.#isClosed || generation !== this.#generation) return;
      const silence = performance.now() - this.#lastHeard;
      const patience = this.#patience;
      if (silence < patience) this.#watchSilence(patience - silence);
      else {
        this.#patience = Math.min(2 * patience, SILENCE.max);
        this.#fail(new Error(`JetStream was silent for ${patience} ms`));
        this.#stream.requests.reportSilence();
      }
    }, delay);
  }

  #fail(error: Error): void {
    this.#deliver();
    if (this.#isClosed) return;
    this.#drop();
    const { watch } = this.#stream.requests;
    // The reconnection opens the next source at once, and nothing follows a connection that was closed.
    if (watch.problem === undefined) {
      this.#timer = setTimeout(() => void this.#open(), retryDelay(++this.#attempts, RETRY));
    }
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    callSafely(() => this.#listener.onError(error));
  }

  /** Ends the current source. */
  #drop(): void {
    this.#generation++;
    clearTimeout(this.#timer);
    const source = this.#source;
    this.#source = undefined;
    const { requests, name } = this.#stream;
    if (source === undefined || requests.connection.isClosed()) return;
    source.subscription.unsubscribe();
    if (source.name !== undefined && requests.watch.problem === undefined) deleteConsumer(requests, name, source.name);
  }
}
