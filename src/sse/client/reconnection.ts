import { DEFAULT_MAX_RECONNECTION_DELAY, DEFAULT_RECONNECTION_TIME } from '../../shared/defaults.ts';
import { handleRejection } from '../../shared/handle-rejection.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import { reportException } from '../../shared/report-exception.ts';
import { type Backoff, reconnectionDelay, ShortStreams } from './backoff.ts';
import type { EventSourceOptions } from './event-source-options.ts';

/** The largest random share of a delay: web-platform-tests allow less than a quarter, other delays included. */
const JITTER = 0.15;

/** Whether an EventSource reconnects, and when. */
export class Reconnection {
  readonly #reconnect: EventSourceOptions['reconnect'];
  /** The method of the first request. A redirect may have changed that of the next ones. */
  readonly #method: string;
  readonly #backoff: Backoff;
  readonly #shortStreams = new ShortStreams();
  /** The number of attempts since the last byte was received. */
  #attempt = 0;
  /** The reconnection time in milliseconds. */
  #time: number;
  #isOwnTime = true;

  /** @throws TypeError or RangeError for an invalid option, with the code SSE_ERR_INVALID_OPTION */
  constructor({ reconnect, method, reconnectionTime, maxReconnectionDelay }: EventSourceOptions) {
    const maxDelay = eventStreamOption.milliseconds(
      'maxReconnectionDelay',
      maxReconnectionDelay,
      DEFAULT_MAX_RECONNECTION_DELAY,
    );
    this.#time = eventStreamOption.milliseconds('reconnectionTime', reconnectionTime, DEFAULT_RECONNECTION_TIME);
    this.#reconnect = reconnect;
    this.#method = method?.toUpperCase() ?? 'GET';
    this.#backoff = { maxDelay, jitter: JITTER };
  }

  /** The server has set the reconnection time, in milliseconds. */
  setTime(time: number): void {
    this.#time = time;
    this.#isOwnTime = false;
  }

  /** A stream is open. */
  opened(): void {
    this.#shortStreams.opened(performance.now());
  }

  /**
   * A byte was received. Without a byte, an open stream counts as a failed attempt, because a server may end each stream without
   * sending anything.
   */
  received(): void {
    this.#attempt = 0;
  }

  /** The application connects again: the next attempt is the first one. */
  restart(): void {
    this.#attempt = 0;
  }

  /**
   * The connection was lost or could not be opened, or the server has ended the stream. Returns whether to reconnect.
   *
   * @param error without one, the server has ended the stream
   */
  lost(message: string, error: Error | undefined): boolean {
    this.#shortStreams.ended(performance.now());
    const attempt = ++this.#attempt;
    const ended = error === undefined;
    // Deviation: in browsers, an EventSource has no other method than GET, and always reconnects.
    const reconnect = this.#reconnect ?? (this.#method === 'GET' || !ended);
    if (typeof reconnect !== 'function') return reconnect;
    try {
      const answer: unknown = reconnect({ ended, message, error, attempt });
      // No Promise is awaited, and none means yes.
      handleRejection(answer, reportException);
      return answer === true;
    } catch (thrown) {
      reportException(thrown);
      return false;
    }
  }

  /** The milliseconds until the next attempt. */
  delay(): number {
    // A time that the application has chosen is taken as it is.
    const time = this.#isOwnTime ? this.#time : Math.max(this.#time, this.#shortStreams.minDelay);
    return reconnectionDelay(this.#attempt, time, this.#backoff, Math.random());
  }
}
