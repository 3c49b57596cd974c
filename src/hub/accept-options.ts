import type { IncomingMessage } from 'node:http';
import type { OptionNames } from '../shared/unknown-options.ts';
import type { HubFilter } from './events/hub-event.ts';
import type { EncodeForWebSocket } from './recipients/connection.ts';

/** Options of `hub.accept()`. */
export interface AcceptOptions<Data> {
  /**
   * Decides whether the client may subscribe to a topic, or to a filter such as `orders/*`. Only `true`, or a Promise of `true`, allows
   * the topic. If the function throws or rejects, the connection is closed with 1011, and the hub emits 'hookError'.
   */
  authorize: (topic: string, request: IncomingMessage) => boolean | PromiseLike<boolean>;
  /**
   * Milliseconds within which `authorize` must decide about the topics of one message; 0 for no limit. After that, the connection is
   * closed with 1013, "try again later". Default: 10,000.
   */
  authorizeTimeout?: number | undefined;
  /**
   * Receives each message of the client that does not subscribe or unsubscribe. If the function throws, or returns a Promise that
   * rejects, the connection is closed with 1011, and the hub emits 'hookError'. Default: such a message closes the connection with 1008.
   */
  onMessage?: ((data: Buffer, isBinary: boolean) => void | Promise<void>) | undefined;
  /** As for `subscribe()`. Default: the query parameter `lastEventId` of the request. */
  lastEventId?: string | undefined;
  /** Decides which events of its topics the client may see, as for `subscribe()`. Default: all. */
  filter?: HubFilter<Data> | undefined;
  /** Returns the message to send, as for `subscribe()`. Default: the JSON text `{ "id", "topic", "event", "data" }`. */
  encode?: EncodeForWebSocket<Data> | undefined;
}

/** @internal */
export const ACCEPT_NAMES: OptionNames<AcceptOptions<never>> = {
  authorize: true,
  authorizeTimeout: true,
  onMessage: true,
  lastEventId: true,
  filter: true,
  encode: true,
};
