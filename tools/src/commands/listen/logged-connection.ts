import type { EventSource } from 'pushwire';
import { printable, printableLine } from '../../terminal/printable.ts';
import { errorText, explainError, isPermanentError } from '../arguments/explain-error.ts';
import { type Advice, explainResponse } from '../arguments/explain-response.ts';

const ADVICE: Advice = {
  wanted: 'event stream',
  credentials: '--header "Authorization: ..." or --header "Cookie: ..."',
  origin: '--header "Origin: ..."',
  redirect: '',
  other: 'Use pushwire connect URL.',
};

/** Logs the state of a connection to standard error, so that it does not mix with the events, and decides whether it is tried again. */
export class LoggedConnection {
  /** Whether a connection has been open. */
  wasOpen = false;
  /** Why the EventSource was closed: the first connection has failed. */
  failure: Error | undefined;

  /**
   * @param stopWhenLost   whether the EventSource does not reconnect
   * @param retriesFirst   whether it tries again if the first connection fails
   */
  constructor(source: EventSource, stopWhenLost: boolean, retriesFirst: boolean) {
    let lostAt = 0;
    source.onopen = () => {
      const seconds = ((performance.now() - lostAt) / 1000).toFixed(1);
      console.error(
        this.wasOpen
          ? `reconnected to ${printable(source.url)} after ${seconds} s`
          : `connected to ${printable(source.url)}`,
      );
      this.wasOpen = true;
    };
    source.onerror = ({ message, error }) => {
      // The loop over the events throws this error, as it is permanent.
      if (source.readyState === source.CLOSED) return;
      if (!this.wasOpen && (!retriesFirst || isPermanentError(error))) {
        this.failure = error ?? new Error(message);
        return source.close();
      }
      const text = error === undefined ? message : errorText(error);
      const explanation = lostAt === 0 && !this.wasOpen ? explainError(error, 'http') : '';
      lostAt = performance.now();
      console.error(`${printableLine(text)}: ${stopWhenLost ? 'exiting' : 'reconnecting'}`);
      if (explanation !== '') console.error(explanation);
      if (stopWhenLost) source.close();
    };
  }
}

/** A failure with what it means and what to do, on a second line. */
export function explained(failure: Error & { readonly status?: number | undefined }): Error {
  const { status, message } = failure;
  const [, type] = /^Content-Type must .*; received (\S+)$/.exec(message) ?? [];
  const what =
    status === undefined
      ? explainError(failure, 'http')
      : explainResponse({ status, headers: { 'content-type': type } }, ADVICE);
  const text = printableLine(errorText(failure));
  return new Error(what === '' ? text : `${text}\n${printableLine(what)}`, { cause: failure });
}
