import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { callSafely } from '../shared/call-safely.ts';
import { hubOption } from '../shared/option-validation.ts';
import type { TypedEmitter } from '../shared/typed-emitter.ts';
import type { WebSocket } from '../websocket/index.ts';
import { CloseCode } from '../websocket/wire/close-code.ts';
import type { AcceptOptions } from './accept-options.ts';
import { Delivery } from './delivery/delivery.ts';
import { Subscriber } from './delivery/subscriber.ts';
import { diagnostics, publishOutcome } from './diagnostics.ts';
import { endConnections } from './end-connections.ts';
import type { NewEvent } from './events/new-event.ts';
import { checkTopicFilter, checkTopicFilters } from './events/topic.ts';
import { HookErrors } from './hook-errors.ts';
import type { HubError } from './hub-error.ts';
import { type HubMetrics, hubMetrics } from './hub-metrics.ts';
import {
  type EventStreamSubscribeOptions,
  type HubOptions,
  type HubSettings,
  type HubShutdownOptions,
  type HubShutdownSettings,
  hubSettings,
  hubShutdownSettings,
  SUBSCRIBE_NAMES,
  type SubscribeOptions,
  type WebSocketSubscribeOptions,
} from './hub-options.ts';
import type { Tail } from './log/log.ts';
import { LogReports } from './log/log-reports.ts';
import { Presence } from './presence.ts';
import { Publisher } from './publisher.ts';
import type { AnyEventStream, HubConnection } from './recipients/connection.ts';
import { EventStreamRecipient, eventStreamEncoder } from './recipients/event-stream-recipient.ts';
import type { Recipient, RecipientListener } from './recipients/recipient.ts';
import { checkWebSocket, WebSocketRecipient, webSocketEncoder } from './recipients/websocket-recipient.ts';
import { Subscription } from './subscription.ts';

/** The events of a Hub, with the arguments of their listeners. An error that a listener throws becomes an uncaught exception. */
export interface HubEventMap {
  /**
   * The log does not answer, or has refused a command. The hub tries again, and emits this event again only if the reason changes.
   * Without a listener, nothing happens.
   */
  logError: [error: Error];
  /** After 'logError': everything that failed works again. */
  logRecovered: [];
  /**
   * A function of the application has thrown or rejected: `authorize`, `onMessage`, `filter` or `encode`. `error.hook` is its name, and
   * `error.cause` is what it threw. Without a listener, the first of these errors emits a process warning.
   */
  hookError: [error: HubError];
}

const Emitter: new () => TypedEmitter<HubEventMap> = EventEmitter as never;

/**
 * Publishes events to topics, and delivers them to event streams and WebSockets. All events are in one log, which several processes can
 * share. The id of an event is its position in that log. A client can reconnect to any process with the id of the last event that it
 * has received. It receives the events of its topics that it has missed, each once and in the order of the log. If the log no longer
 * has them, the client receives a `reset` event instead, and then live events.
 *
 * @typeParam Data the type of the data of the events, which must be values of JSON
 */
export class Hub<Data = unknown> extends Emitter {
  readonly #settings: HubSettings;
  readonly #delivery: Delivery<Data>;
  readonly #publisher: Publisher<Data>;
  readonly #presence: Presence | null;
  readonly #subscribers = new Map<HubConnection, Subscriber<Data>>();
  /** The clients that subscribe by messages, including those without a topic. */
  readonly #subscriptions = new Map<HubConnection, Subscription<Data>>();
  readonly #tail: Tail;
  readonly #hookErrors = new HookErrors(this as unknown as EventEmitter);
  #shutdown: Promise<void> | null = null;

  /** @throws TypeError or RangeError for an invalid option, with the code HUB_ERR_INVALID_OPTION */
  constructor(options: HubOptions = {}) {
    super();
    this.#settings = hubSettings(options, new.target !== Hub);
    const { log, recent, presenceInterval } = this.#settings;
    const onError = (error: Error): void => {
      if (diagnostics.logError.hasSubscribers) diagnostics.logError.publish({ hub: this, error });
      callSafely(() => this.emit('logError', error));
    };
    const onRecovered = (): void => {
      if (diagnostics.logRecovered.hasSubscribers) diagnostics.logRecovered.publish({ hub: this });
      callSafely(() => this.emit('logRecovered'));
    };
    const reports = new LogReports(onError, onRecovered);
    this.#publisher = new Publisher(this.#settings);
    this.#delivery = new Delivery(log, recent, reports, this.#hookErrors);
    this.#presence =
      log.presence === undefined || presenceInterval === 0
        ? null
        : new Presence(log.presence, presenceInterval, () => this.#delivery.index.counts(), reports);
    this.#tail = log.tail(this.#delivery);
  }

  /** The number of subscribers. */
  get size(): number {
    return this.#subscribers.size;
  }

  /** The id of the latest event that this process has received; undefined until the log has answered for the first time. */
  get lastEventId(): string | undefined {
    return this.#delivery.recent?.lastId;
  }

  /** Resolves when the log has answered for the first time. */
  ready(): Promise<void> {
    return this.#delivery.started;
  }

  /** Whether a connection is a subscriber. */
  has(connection: HubConnection): boolean {
    return this.#subscribers.has(connection);
  }

  /**
   * Publishes an event to the subscribers of a topic in all processes. Resolves to its id when the log has confirmed it. With a
   * MemoryLog, the event is sent during the call.
   *
   * @param topic segments separated by "/", such as `orders/42`: at most 256 bytes, without control characters and "*"
   * @returns rejects with a TypeError or RangeError with the code HUB_ERR_INVALID_OPTION for an invalid argument; with a HubError with
   *   the code HUB_ERR_NOT_PUBLISHED or HUB_ERR_TOO_MANY_UNCONFIRMED if the event is certainly not in the log, HUB_ERR_OUTCOME_UNKNOWN if
   *   it may be in the log, or HUB_ERR_CLOSED after `shutdown()`
   */
  publish(topic: string, event: NewEvent<Data>): Promise<string> {
    const published = this.#publisher.publish(topic, event);
    publishOutcome(this, topic, published);
    return published;
  }

  /**
   * Subscribes an event stream or an open WebSocket to topics, until it ends. If the connection is a subscriber already, it receives
   * the events of the added topics from its current position on. Returns whether it is a subscriber now: false if the connection is not
   * open, or after `shutdown()`, which closes it.
   *
   * @param topics one or more topics. `orders/*` stands for all topics below `orders`, `*` for all
   * @throws TypeError or RangeError for an invalid argument, with the code HUB_ERR_INVALID_OPTION
   * @throws Error with the code SSE_ERR_SEVERAL_CHANNELS for a stream that is in an EventChannel or another hub, unless `lastEventId` is
   *   given in each of them
   */
  subscribe(
    connection: AnyEventStream,
    topics: string | readonly string[],
    options?: EventStreamSubscribeOptions<Data>,
  ): boolean;
  subscribe(
    connection: WebSocket,
    topics: string | readonly string[],
    options?: WebSocketSubscribeOptions<Data>,
  ): boolean;
  subscribe(connection: HubConnection, topics: string | readonly string[], options?: SubscribeOptions<Data>): boolean;
  subscribe(
    connection: HubConnection,
    topics: string | readonly string[],
    options: EventStreamSubscribeOptions<Data> | WebSocketSubscribeOptions<Data> = {},
  ): boolean {
    const given = hubOption.options<EventStreamSubscribeOptions<Data>>(
      'subscribe()',
      options as EventStreamSubscribeOptions<Data>,
      SUBSCRIBE_NAMES,
    );
    const filter = hubOption.callback('filter', given.filter);
    const lastEventId = hubOption.string('lastEventId', given.lastEventId);
    const encode = hubOption.callback('encode', given.encode as () => never);
    const filters = checkTopicFilters(topics);
    if (filters.length === 0)
      throw hubOption.fault(RangeError, 'topics must name at least one topic; received an empty array');
    const known = this.#subscribers.get(connection);
    this.#checkNumber(known, filters);
    if (known !== undefined) {
      if (lastEventId !== undefined || filter !== undefined || encode !== undefined) {
        const message = 'lastEventId, filter and encode must be given with the first topics of a connection';
        throw hubOption.fault(TypeError, message);
      }
      for (const one of filters) this.#delivery.addFilter(known, one);
      return true;
    }
    let subscriber: Subscriber<Data>;
    const listener: RecipientListener = {
      onDrain: () => this.#delivery.drained(subscriber),
      onEnd: () => void this.unsubscribe(connection),
    };
    const recipient = recipientOf<Data>(connection, listener, encode, lastEventId === undefined);
    if (recipient.isClosed || this.#shutdown !== null) {
      recipient.detach();
      // The client reconnects to another process.
      if (this.#shutdown !== null) close(connection);
      return false;
    }
    const after = lastEventId ?? (isEventStream(connection) ? connection.lastEventId : '');
    subscriber = new Subscriber(recipient, after, filter);
    this.#subscribers.set(connection, subscriber);
    for (const one of filters) this.#delivery.addFilter(subscriber, one);
    this.#delivery.add(subscriber);
    return true;
  }

  /**
   * Ends subscriptions, and leaves the connection open. Returns whether it had one of them. A client of `accept()` receives a message.
   *
   * @param topics one or more topics, as passed to `subscribe()`. Default: all topics of the connection
   * @throws TypeError for an invalid argument, with the code HUB_ERR_INVALID_OPTION
   */
  unsubscribe(connection: HubConnection, topics?: string | readonly string[]): boolean {
    const filters = topics === undefined ? undefined : checkTopicFilters(topics);
    const subscriber = this.#subscribers.get(connection);
    const all = filters ?? [...(subscriber?.filters ?? [])];
    const ended = subscriber === undefined ? [] : all.filter((one) => this.#delivery.removeFilter(subscriber, one));
    if (subscriber?.filters.size === 0) {
      this.#subscribers.delete(connection);
      subscriber.recipient.detach();
      this.#delivery.remove(subscriber);
    }
    this.#subscriptions.get(connection)?.onRevoked(ended, filters);
    return ended.length > 0;
  }

  /**
   * Lets a client subscribe and unsubscribe by messages, which docs/hub.md describes. The query parameter `lastEventId` of the request
   * is the id of the last event that the client has received. Any other message closes the connection with 1008, unless the option
   * `onMessage` is set.
   *
   * @param request the request of the opening handshake
   * @throws TypeError for an invalid argument, with the code HUB_ERR_INVALID_OPTION
   */
  accept(webSocket: WebSocket, request: IncomingMessage, options: AcceptOptions<Data>): void {
    if (this.#subscriptions.has(webSocket)) throw hubOption.fault(TypeError, 'The WebSocket has already been accepted');
    const subscription = new Subscription(
      this,
      webSocket,
      request,
      options,
      this.#settings.maxTopics,
      this.#hookErrors,
    );
    if (this.#shutdown !== null) return close(webSocket);
    this.#subscriptions.set(webSocket, subscription);
    webSocket.once('close', () => this.#subscriptions.delete(webSocket));
  }

  /** Whether `shutdown()` was called. @internal */
  get _isShutDown(): boolean {
    return this.#shutdown !== null;
  }

  /** The topic filters of a connection; undefined if it is not a subscriber. @internal */
  _filtersOf(connection: HubConnection): ReadonlySet<string> | undefined {
    return this.#subscribers.get(connection)?.filters;
  }

  /** The id of the last event that was handled for a connection; undefined if it is not a subscriber. @internal */
  _positionOf(connection: HubConnection): string | undefined {
    const subscriber = this.#subscribers.get(connection);
    return subscriber === undefined ? undefined : this.#delivery.positionOf(subscriber);
  }

  /**
   * The number of subscribers of a topic in this process. For `orders/*`, only subscribers with this filter count.
   *
   * @throws TypeError for an invalid topic, with the code HUB_ERR_INVALID_OPTION
   */
  count(topic: string): number {
    return this.#delivery.index.subscribersOf(checkTopicFilter(topic)).size;
  }

  /**
   * The connections that `count()` counts. This method iterates over all connections of this process.
   *
   * @throws TypeError for an invalid topic, with the code HUB_ERR_INVALID_OPTION
   */
  connections(topic: string): HubConnection[] {
    const subscribers = this.#delivery.index.subscribersOf(checkTopicFilter(topic));
    return [...this.#subscribers].flatMap(([connection, subscriber]) =>
      subscribers.has(subscriber) ? [connection] : [],
    );
  }

  /**
   * The number of subscribers in all processes, by their latest records: the sum over the topic filters that accept the topic. For
   * `orders/*`, only subscribers with this filter count. It requires the option `presenceInterval` in each process.
   *
   * @returns rejects with a TypeError with the code HUB_ERR_INVALID_OPTION for an invalid topic, or if there are no records; with a
   *   HubError with the code HUB_ERR_NOT_COUNTED if the log does not answer
   */
  async totalCount(topic: string): Promise<number> {
    checkTopicFilter(topic);
    if (this.#presence !== null) return this.#presence.count(topic);
    throw hubOption.fault(TypeError, 'totalCount() requires the option presenceInterval, and a log that keeps records');
  }

  /** Returns totals since the hub was created, and current values. */
  metrics(): HubMetrics {
    return hubMetrics(this.#subscribers.values(), this.#delivery, this.#publisher);
  }

  /**
   * Refuses new events and subscribers, and waits until the log has confirmed all published events. Then it ends all connections of
   * subscribers, so that their clients reconnect to other processes, and closes the log. No client misses an event: each continues
   * after the last event that it has received. Stop accepting connections on the servers first.
   *
   * @throws TypeError or RangeError for an invalid option, with the code HUB_ERR_INVALID_OPTION
   */
  async shutdown(options: HubShutdownOptions = {}): Promise<void> {
    const settings = hubShutdownSettings(options);
    this.#shutdown ??= this.#end(settings);
    return this.#shutdown;
  }

  async #end(settings: HubShutdownSettings): Promise<void> {
    const deadline = performance.now() + settings.timeout + settings.spread;
    // An engine that does not answer must leave time for the connections, or all of them would end at the same moment.
    await Promise.race([this.#publisher.close(), timeout(settings.timeout / 2)]);
    const connections = new Set([...this.#subscribers.keys(), ...this.#subscriptions.keys()]);
    await endConnections([...connections], settings, deadline);
    this.#tail.close();
    this.#delivery.close();
    // An engine that does not answer does not hold up the process. The numbers of this process are removed while the log is open.
    const remaining = (): number => Math.max(0, deadline - performance.now());
    await Promise.race([this.#presence?.close(), timeout(remaining() / 2)]);
    await Promise.race([this.#settings.log.close(), timeout(remaining())]);
  }

  #checkNumber(subscriber: Subscriber<Data> | undefined, filters: readonly string[]): void {
    const { maxTopics } = this.#settings;
    const number = new Set([...(subscriber?.filters ?? []), ...filters]).size;
    if (number <= maxTopics) return;
    throw hubOption.fault(RangeError, `A connection exceeds maxTopics (limit ${maxTopics}, received ${number})`);
  }
}

function isEventStream(connection: HubConnection): connection is AnyEventStream {
  return '_writeChunk' in connection;
}

function close(connection: HubConnection): void {
  if (isEventStream(connection)) connection.close();
  else connection.close(CloseCode.GOING_AWAY);
}

function recipientOf<Data>(
  connection: HubConnection,
  listener: RecipientListener,
  encode: (() => never) | undefined,
  resumes: boolean,
): Recipient<Data> {
  const isObject = typeof connection === 'object' && connection !== null;
  if (isObject && isEventStream(connection)) {
    return new EventStreamRecipient(connection, listener, eventStreamEncoder<Data>(encode), resumes);
  }
  checkWebSocket('connection', connection, 'an EventStream or a WebSocket');
  return new WebSocketRecipient(connection, listener, webSocketEncoder<Data>(encode));
}

function timeout(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
