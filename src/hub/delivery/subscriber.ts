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
   * Whether all events were sent to it, so that it receives each new event at once. If not, it continues with the event after
   * `after`, from `page`, the recent events, or the log.
   */
  isLive = false;
  /** The id of the last event that was considered for it. Not kept up to date while it is live. */
  after: string;
  /** The page of older events that it is receiving, and the index of the next one. */
  page: Page<Data> | null = null;
  index = 0;
  /** The index at which it began with the page. */
  pageStart = 0;
  /** How many older events its connection is likely to accept at once. */
  appetite: number = MAX_PAGE_LENGTH;
  /** The id after which the last read for it found no event. */
  endOfLog = '';
  /** Whether its connection must emit 'drain' before it can continue. */
  isBlocked = false;
  /** Whether it is in the queue of subscribers that can continue. */
  isWaiting = false;
  /** The position of the latest event considered for it while it was live: two of its topic filters may accept the same event. */
  considered = -1;
  /** The id of an event that another process has sent to it, and that this process has not received yet; null for none. */
  ahead: string | null = null;
  /** The position of the recent event whose id was last sent to it; -1 if this event is older. */
  sentPosition = -1;
  /** Whether this hub has sent an id or a reset to it. */
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
