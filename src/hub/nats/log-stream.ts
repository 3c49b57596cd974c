import {
  callApi,
  duration,
  JetStreamError,
  OTHER_CONFIGURATION,
  STREAM_NOT_FOUND,
  type StreamInfo,
} from './jetstream-api.ts';
import type { LogSettings } from './jetstream-log-options.ts';
import { describeLosses, epochOf, lossesOf } from './log-ids.ts';
import type { NatsSubscription } from './nats-connection.ts';
import type { Requests } from './requests.ts';

/** The stream of a log: creates it, and knows its epoch. */
export class LogStream {
  readonly requests: Requests;
  readonly name: string;
  /** The subject of the messages that the stream stores. */
  readonly subject: string;
  /** The functions to call when another epoch was noticed. */
  readonly onEpoch: Set<() => void> = new Set();
  readonly #settings: LogSettings;
  readonly #notices: NatsSubscription;
  #epoch = '';
  /** The greatest sequence that this process has appended. */
  #appended = 0;
  #ready: Promise<unknown> | undefined;

  constructor(requests: Requests, settings: LogSettings) {
    this.requests = requests;
    this.#settings = settings;
    this.name = settings.stream;
    this.subject = `${this.name}.events`;
    this.#notices = requests.connection.subscribe(`${this.name}.epoch`, {
      callback: (error, message) => {
        if (error === null && message.string() !== this.#epoch) this.info().catch(() => {});
      },
    });
  }

  /** The last known epoch. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Resolves when the stream exists. */
  ready(): Promise<unknown> {
    if (this.#ready === undefined) {
      this.#ready = this.info();
      this.#ready.catch(() => this.forget());
    }
    return this.#ready;
  }

  /** Makes the next `ready()` look for the stream again. */
  forget(): void {
    this.#ready = undefined;
  }

  /** The state of the stream, which is created if it is missing. */
  async info(): Promise<StreamInfo> {
    let info: StreamInfo;
    try {
      info = await this.#ask();
    } catch (error) {
      if (!(error instanceof JetStreamError) || error.code !== STREAM_NOT_FOUND) throw error;
      info = await this.#create();
    }
    const { subjects = [] } = info.config;
    if (!subjects.includes(this.subject)) {
      throw new Error(
        `the stream "${this.name}" must have the subject "${this.subject}"; it has ${JSON.stringify(subjects)}`,
      );
    }
    this.#learn(info);
    if (info.did_create) this.#tellOthers();
    return info;
  }

  /**
   * Entries of this epoch were lost, although the stream is the same. Begins another epoch, so that later entries do not get the ids of
   * lost ones; or adopts the epoch that another process has begun.
   */
  async beginEpoch(lost: string): Promise<StreamInfo> {
    const info = await this.info();
    if (this.#epoch !== lost) return info;
    const { description = '' } = info.config;
    const config = { ...info.config, description: describeLosses(description, lossesOf(description) + 1) };
    await callApi(this.requests, `STREAM.UPDATE.${this.name}`, config);
    const renewed = await this.info();
    this.#tellOthers();
    return renewed;
  }

  /** Returns the epoch of a new entry. If its sequence shows that entries were lost, or the stream was replaced, looks it up first. */
  async epochOfAppended(sequence: number): Promise<string> {
    if (sequence <= this.#appended) {
      const known = this.#epoch;
      await this.info();
      if (this.#epoch === known) await this.beginEpoch(known);
    }
    this.#appended = Math.max(this.#appended, sequence);
    return this.#epoch;
  }

  close(): void {
    if (!this.requests.connection.isClosed()) this.#notices.unsubscribe();
  }

  #ask(): Promise<StreamInfo> {
    return callApi<StreamInfo>(this.requests, `STREAM.INFO.${this.name}`);
  }

  async #create(): Promise<StreamInfo> {
    const { maxLength, maxBytes, replicas, storage, duplicateWindow } = this.#settings;
    const config = {
      name: this.name,
      subjects: [this.subject],
      retention: 'limits',
      discard: 'old',
      max_msgs: maxLength,
      max_bytes: maxBytes,
      num_replicas: replicas,
      storage,
      duplicate_window: duration(duplicateWindow),
    };
    try {
      return await callApi<StreamInfo>(this.requests, `STREAM.CREATE.${this.name}`, config);
    } catch (error) {
      // Another process has created the stream with other options.
      if (error instanceof JetStreamError && error.code === OTHER_CONFIGURATION) return this.#ask();
      throw error;
    }
  }

  #learn(info: StreamInfo): void {
    const epoch = epochOf(info.created, lossesOf(info.config.description ?? ''));
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#appended = 0;
    for (const callback of [...this.onEpoch]) callback();
  }

  /** Notifies the other processes of the epoch. A process that misses this message notices the epoch later. */
  #tellOthers(): void {
    this.requests.tell(`${this.name}.epoch`, this.#epoch);
  }
}
