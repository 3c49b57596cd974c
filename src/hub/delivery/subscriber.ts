import type { EncodedEvent } from '../events/encoded-event.ts';
import type { HubFilter } from '../events/hub-event.ts';
import type { HookErrors } from '../hook-errors.ts';
import type { Recipient } from '../recipients/recipient.ts';
import type { Page } from './page.ts';

/** The number of events in a page. */
export const MAX_PAGE_LENGTH = 1000;

/** A subscriber is a position in the log, not a queue. */
export class Subscriber<Data> {
  readonly recipient: Recipient<Data>;
  readonly filters: Set<string> = new Set();
  readonly filter: HubFilter<Data> | undefined;
  /**
   * Whether it has been sent everything, and is sent each new event at once. If not, it continues after `after`: from `page`, or from
   * the recent events or the log.
   */
  isLive = false;
  /** The id of the last event that was considered for it. Not kept up to date while it is live. */
  after: string;
  /** The page from which it is sent older events, and the index of the next one. */
  page: Page<Data> | null = null;
  index = 0;
  /** The index at which it began with the page. */
  pageStart = 0;
  /** The number of older events that it is likely to be sent before its connection accepts no more. */
  appetite: number = MAX_PAGE_LENGTH;
  /** The id after which the log had no event for it, when it was read last. */
  endOfLog = '';
  /** Whether it waits for its connection to accept more. */
  isBlocked = false;
  /** Whether it is in the queue of those who can continue. */
  isWaiting = false;
  /** The position of the latest event that was delivered while it was live: another of its filters may accept the event, too. */
  considered = -1;
  /** Another process has sent it this event, which this process has not received yet. */
  ahead: string | null = null;
  /** The position of the recent event whose id it was sent last; -1 if that event is older. */
  sentPosition = -1;
  /** Whether it has been sent what this hub sends first: an id, or a reset. */
  hasId = false;

  /** @param after the id after which it continues */
  constructor(recipient: Recipient<Data>, after: string, filter: HubFilter<Data> | undefined) {
    this.recipient = recipient;
    this.after = after;
    this.filter = filter;
  }

  /** Whether one of its topic filters accepts an event. */
  accepts(event: EncodedEvent<Data>): boolean {
    return event.filters.some((filter) => this.filters.has(filter));
  }

  /** Whether its filter shows an event. */
  isVisible(event: EncodedEvent<Data>, filter: HubFilter<Data>, hookErrors: HookErrors): boolean {
    try {
      const answer: unknown = filter(event);
      if (typeof answer === 'object') hookErrors.handleRejection('filter', answer);
      return answer === true;
    } catch (error) {
      hookErrors.report('filter', error);
      return false;
    }
  }
}
