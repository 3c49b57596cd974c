/**
 * An event of a hub.
 *
 * @typeParam Data the type of the data of the events
 */
export interface HubEvent<Data = unknown> {
  /** The position of the event in the log. */
  readonly id: string;
  /** The topic to which it was published. */
  readonly topic: string;
  /** The event type; undefined for none, which event streams dispatch as `message`. */
  readonly event: string | undefined;
  /** The published data: a JSON value. All subscribers receive the same object, so do not change it. */
  readonly data: Data;
}

/**
 * Decides whether a subscriber may see an event. Only `true` shows the event; a Promise does not. If it throws, the event is hidden
 * from this subscriber, and the hub emits 'hookError'.
 */
export type HubFilter<Data> = (event: HubEvent<Data>) => boolean;

/** Sent to a client if the log no longer has the events that the client has missed. */
export interface HubReset {
  /** The id of the last event that the client has received. */
  readonly lastEventId: string;
  /** The id of the oldest event that the log still has; null if there is none. */
  readonly oldestId: string | null;
}

/** Members that a message does not have. */
type Without<Name extends string> = { readonly [Key in Name]?: undefined };

/**
 * A message that a WebSocket receives, in JSON, unless the option `encode` is set. Members that a message does not have are
 * undefined, also in the type: compare a member such as `topic` with undefined to find out which message it is.
 *
 * @typeParam Data the type of the data of the events
 */
export type HubMessage<Data = unknown> =
  /** An event. */
  | ({ readonly id: string; readonly topic: string; readonly event?: string; readonly data: Data } & Without<
      'subscribed' | 'unsubscribed' | 'reason'
    >)
  /** A reset. */
  | ({ readonly id: string; readonly event: 'reset'; readonly data: HubReset } & Without<
      'topic' | 'subscribed' | 'unsubscribed' | 'reason'
    >)
  /** An id alone, after which the client continues when it reconnects. */
  | ({ readonly id: string } & Without<'topic' | 'event' | 'data' | 'subscribed' | 'unsubscribed' | 'reason'>)
  /** The client has subscribed to these topics by a message. With `id`, their events follow after it, and the client continues after it. */
  | ({ readonly subscribed: readonly string[]; readonly id?: string } & Without<
      'topic' | 'event' | 'data' | 'unsubscribed' | 'reason'
    >)
  /** No events of these topics follow. */
  | ({ readonly unsubscribed: readonly string[]; readonly reason: 'refused' | 'requested' | 'revoked' } & Without<
      'id' | 'topic' | 'event' | 'data' | 'subscribed'
    >);
