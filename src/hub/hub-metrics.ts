import type { Delivery } from './delivery/delivery.ts';
import type { Subscriber } from './delivery/subscriber.ts';
import type { Publisher } from './publisher.ts';

/** Totals since the hub was created, and current values, of this process. */
export interface HubMetrics {
  /** Subscribers now. */
  readonly subscribers: number;
  /** Subscribers that are behind: their clients are slow, or have just reconnected. */
  readonly behind: number;
  /** Topic filters with subscribers now. */
  readonly topics: number;
  /** Events that the log has confirmed, including those with a repeated idempotency key. */
  readonly published: number;
  /** Events that the log has refused, or has not confirmed within `publishTimeout`. */
  readonly failed: number;
  /** Events that the log has neither confirmed nor refused yet. */
  readonly unconfirmed: number;
  /** Events that were sent, counted for each subscriber. */
  readonly delivered: number;
  /** Resets that were sent. */
  readonly resets: number;
  /** Pages of older events that were read from the log. */
  readonly pagesRead: number;
  /** Recent events that are kept. */
  readonly recentEvents: number;
  /** Bytes of memory that hold them. */
  readonly recentMemory: number;
  /** Bytes of memory that hold data sent to subscribers that the kernel has not accepted yet. */
  readonly sendMemory: number;
}

/** @internal */
export function hubMetrics<Data>(
  subscribers: Iterable<Subscriber<Data>>,
  delivery: Delivery<Data>,
  { published, failed, unconfirmed }: Publisher<Data>,
): HubMetrics {
  let count = 0;
  let sendMemory = 0;
  for (const { recipient } of subscribers) {
    count++;
    sendMemory += recipient.sendMemory;
  }
  const { behind, index, delivered, resets, pagesRead, recent } = delivery;
  return {
    subscribers: count,
    behind,
    topics: index.size,
    published,
    failed,
    unconfirmed,
    delivered,
    resets,
    pagesRead,
    recentEvents: recent?.length ?? 0,
    recentMemory: recent?.bytes ?? 0,
    sendMemory,
  };
}
