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
  /** The data, as it was published: a value of JSON. All subscribers receive the same object: do not change it. */
  readonly data: Data;
}

/**
 * Decides whether a subscriber may see an event. Only `true` shows the event; a Promise does not. If it throws, the event is hidden
 * from this subscriber, and the hub emits 'hookError'.
 */
export type HubFilter<Data> = (event: HubEvent<Data>) => boolean;

/** What a client receives in place of events that it has missed and that cannot be sent. */
export interface HubReset {
  /** The id from which on the client was to continue. */
  readonly lastEventId: string;
  /** The id of the oldest event that the log still has; null if there is none. */
  readonly oldestId: string | null;
}

/**
 * What a WebSocket receives, in JSON, unless `encode` makes another form of events. Members that a message does not have are
 * undefined, also in the type: compare a member such as `topic` with undefined to find out which message it is.
 *
 * @typeParam Data the type of the data of the events
 */
export type HubMessage<Data = unknown> =
  /** An event. */
  | {
      readonly id: string;
      readonly topic: string;
      readonly event?: string;
      readonly data: Data;
      readonly subscribed?: undefined;
      readonly unsubscribed?: undefined;
      readonly reason?: undefined;
    }
  /** A reset. */
  | {
      readonly id: string;
      readonly topic?: undefined;
      readonly event: 'reset';
      readonly data: HubReset;
      readonly subscribed?: undefined;
      readonly unsubscribed?: undefined;
      readonly reason?: undefined;
    }
  /** An id alone, after which the client continues when it reconnects. */
  | {
      readonly id: string;
      readonly topic?: undefined;
      readonly event?: undefined;
      readonly data?: undefined;
      readonly subscribed?: undefined;
      readonly unsubscribed?: undefined;
      readonly reason?: undefined;
    }
  /** The client has subscribed to these topics by a message. With `id`, their events follow after it, and the client continues after it. */
  | {
      readonly subscribed: readonly string[];
      readonly id?: string;
      readonly topic?: undefined;
      readonly event?: undefined;
      readonly data?: undefined;
      readonly unsubscribed?: undefined;
      readonly reason?: undefined;
    }
  /** No events of these topics follow. */
  | {
      readonly unsubscribed: readonly string[];
      readonly reason: 'refused' | 'requested' | 'revoked';
      readonly id?: undefined;
      readonly topic?: undefined;
      readonly event?: undefined;
      readonly data?: undefined;
      readonly subscribed?: undefined;
    };
