import type { IncomingMessage } from 'node:http';
import { DEFAULT_AUTHORIZE_TIMEOUT } from '../shared/defaults.ts';
import { callHook } from '../shared/handle-rejection.ts';
import { hubOption } from '../shared/option-validation.ts';
import { reportException } from '../shared/report-exception.ts';
import { within } from '../shared/within.ts';
import type { WebSocket } from '../websocket/index.ts';
import { CloseCode } from '../websocket/wire/close-code.ts';
import { ACCEPT_NAMES, type AcceptOptions } from './accept-options.ts';
import { isTopicFilter } from './events/topic.ts';
import type { HookErrors, HubHook } from './hook-errors.ts';
import type { WebSocketSubscribeOptions } from './hub-options.ts';
import { checkWebSocket } from './recipients/websocket-recipient.ts';

/** Why a subscription has ended, or has not begun. */
type Reason = 'refused' | 'requested' | 'revoked';

/** Bytes of the longest topic in a message, with quotation marks and a comma: JSON can write two of its 256 bytes as six. */
const TOPIC_BYTES = 800;

/** The approximate number of bytes of a message without its topics: the names of its members, and white space. */
const MEMBERS_BYTES = 1024;

/** The members of a Hub that are used here. */
interface Subscriptions<Data> {
  readonly _isShutDown: boolean;
  _filtersOf(connection: WebSocket): ReadonlySet<string> | undefined;
  _positionOf(connection: WebSocket): string | undefined;
  subscribe(
    connection: WebSocket,
    topics: readonly string[],
    options?: WebSocketSubscribeOptions<Data> | undefined,
  ): boolean;
  unsubscribe(connection: WebSocket, topics: readonly string[]): boolean;
}

/** The messages by which one client subscribes and unsubscribes, in JSON. docs/hub.md describes them. */
export class Subscription<Data> {
  readonly #hub: Subscriptions<Data>;
  readonly #webSocket: WebSocket;
  readonly #request: IncomingMessage;
  readonly #authorize: AcceptOptions<Data>['authorize'];
  readonly #authorizeTimeout: number;
  #options: WebSocketSubscribeOptions<Data>;
  readonly #maxTopics: number;
  readonly #maxMessageBytes: number;
  readonly #hookErrors: HookErrors;
  readonly #topics = new Set<string>();
  /** The topics that the application has unsubscribed since the current message of the client was received; or all. */
  readonly #revoked = new Set<string>();
  #areAllRevoked = false;
  /** Whether the client itself is ending a subscription. */
  #isRequested = false;
  /** Handles the messages one after the other, because `authorize` may take a while. */
  #previous: Promise<void> = Promise.resolve();

  constructor(
    hub: Subscriptions<Data>,
    webSocket: WebSocket,
    request: IncomingMessage,
    given: AcceptOptions<Data>,
    maxTopics: number,
    hookErrors: HookErrors,
  ) {
    const options = hubOption.options('accept()', given, ACCEPT_NAMES);
    const authorize = hubOption.callback('authorize', options.authorize);
    if (authorize === undefined) throw hubOption.error(TypeError, 'authorize', 'a function', authorize);
    checkWebSocket('webSocket', webSocket, 'a WebSocket');
    this.#hub = hub;
    this.#webSocket = webSocket;
    this.#request = request;
    this.#authorize = authorize;
    const { authorizeTimeout } = options;
    this.#authorizeTimeout = hubOption.milliseconds('authorizeTimeout', authorizeTimeout, DEFAULT_AUTHORIZE_TIMEOUT);
    this.#maxTopics = maxTopics;
    this.#hookErrors = hookErrors;
    this.#maxMessageBytes = MEMBERS_BYTES + 2 * maxTopics * TOPIC_BYTES;
    const onMessage = hubOption.callback('onMessage', options.onMessage);
    const lastEventId = hubOption.string('lastEventId', options.lastEventId) ?? lastEventIdIn(request.url);
    this.#options = {
      lastEventId,
      filter: hubOption.callback('filter', options.filter),
      encode: hubOption.callback('encode', options.encode),
    };
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (webSocket.readyState !== webSocket.OPEN) return;
      const message = isBinary || data.length > this.#maxMessageBytes ? undefined : parse(data.toString());
      if (message === undefined && onMessage !== undefined) {
        return callHook(
          () => onMessage(data, isBinary),
          (error) => this.#failed('onMessage', error),
        );
      }
      if (message === undefined || message === null) return this.#refuse();
      // Nothing is read while the application decides, so that a client cannot make the messages pile up.
      webSocket.pause();
      const handled = this.#previous.then(() => this.#handle(message)).catch(reportException);
      this.#previous = handled.then(() => webSocket.resume());
    });
  }

  /** The application has ended subscriptions, or the connection has ended. */
  onRevoked(topics: readonly string[], asked: readonly string[] | undefined): void {
    if (this.#isRequested) return;
    // Including topics that `authorize` is about to allow.
    for (const topic of asked ?? []) this.#revoked.add(topic);
    if (asked === undefined) this.#areAllRevoked = true;
    const revoked = topics.filter((topic) => this.#topics.delete(topic));
    if (revoked.length > 0) this.#send({ unsubscribed: revoked, reason: 'revoked' });
  }

  async #handle({ subscribe, unsubscribe }: Message): Promise<void> {
    if (unsubscribe !== undefined) this.#unsubscribe(unsubscribe);
    if (subscribe !== undefined) await this.#subscribe(subscribe);
  }

  #unsubscribe(topics: readonly string[]): void {
    this.#end(topics);
    this.#send({ unsubscribed: topics, reason: 'requested' });
  }

  /** Ends the subscriptions that the client has made. */
  #end(topics: readonly string[]): void {
    const ended = topics.filter((topic) => this.#topics.delete(topic));
    if (ended.length === 0) return;
    this.#isRequested = true;
    this.#hub.unsubscribe(this.#webSocket, ended);
    this.#isRequested = false;
  }

  async #subscribe(topics: readonly string[]): Promise<void> {
    const asked = [...new Set(topics)];
    const valid = asked.filter(isTopicFilter);
    const permitted = new Set<string>();
    this.#revoked.clear();
    this.#areAllRevoked = false;
    const ask = async (topic: string): Promise<unknown> => (await this.#mayRead(topic)) && permitted.add(topic);
    if (!(await this.#isInTime(Promise.all(this.#fitting(valid).map(ask))))) {
      return this.#webSocket.close(CloseCode.TRY_AGAIN_LATER, 'The server could not decide in time');
    }
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    // Once more, because the application may have subscribed the connection to other topics meanwhile.
    const allowed = this.#fitting(
      asked.filter((topic) => permitted.has(topic) && !this.#areAllRevoked && !this.#revoked.has(topic)),
    );
    const allowedSet = new Set(allowed);
    const refused = asked.filter((topic) => !allowedSet.has(topic));
    this.#end(refused);
    if (refused.length > 0) this.#send({ unsubscribed: refused, reason: 'refused' });
    if (allowed.length === 0) return;
    for (const topic of allowed) this.#topics.add(topic);
    // Of a subscriber: the cursor of the client was for its other topics.
    const id = this.#hub._positionOf(this.#webSocket);
    // A process that shuts down sends no more events, so it does not confirm the subscription.
    if (!this.#hub._isShutDown) this.#send({ subscribed: allowed, id: id === '' ? undefined : id });
    this.#hub.subscribe(this.#webSocket, allowed, id === undefined ? this.#options : undefined);
    // A client that has unsubscribed from everything and subscribes again does not go back to where it began.
    this.#options = { ...this.#options, lastEventId: '' };
  }

  /** The topics that do not exceed `maxTopics`. */
  #fitting(topics: readonly string[]): string[] {
    const filters = this.#hub._filtersOf(this.#webSocket);
    let free = this.#maxTopics - (filters?.size ?? 0);
    return topics.filter((topic) => filters?.has(topic) === true || free-- > 0);
  }

  /** Resolves to whether all decisions are made in time. They do not reject. */
  async #isInTime(decisions: Promise<unknown>): Promise<boolean> {
    const answered = decisions.then(() => true);
    if (this.#authorizeTimeout === 0) return answered;
    return within(this.#authorizeTimeout, answered, 'late').catch(() => false);
  }

  async #mayRead(topic: string): Promise<boolean> {
    try {
      return (await this.#authorize(topic, this.#request)) === true;
    } catch (error) {
      this.#failed('authorize', error);
      return false;
    }
  }

  /** A function of the application failed for a message of the client. Only this client's connection is closed. */
  #failed(hook: HubHook, error: unknown): void {
    this.#hookErrors.report(hook, error);
    this.#webSocket.close(CloseCode.INTERNAL_ERROR);
  }

  #refuse(): void {
    this.#webSocket.close(CloseCode.POLICY_VIOLATION, 'Expected a subscribe or unsubscribe message');
  }

  #send(
    message:
      | { subscribed: readonly string[]; id: string | undefined }
      | { unsubscribed: readonly string[]; reason: Reason },
  ): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(JSON.stringify(message));
  }
}

/** A message of a client: topics to subscribe to, and topics to unsubscribe from. */
interface Message {
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
}

/** Reads a message; undefined if it does not belong to this protocol, null if it belongs to it and is invalid. */
function parse(text: string): Message | undefined | null {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { subscribe, unsubscribe } = value as Record<string, unknown>;
  if (subscribe === undefined && unsubscribe === undefined) return undefined;
  const message = { subscribe: topicsIn(subscribe), unsubscribe: topicsIn(unsubscribe) };
  return message.subscribe === null || message.unsubscribe === null ? null : (message as Message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the texts in a message; undefined if there are none, null if the value is invalid. */
function topicsIn(value: unknown): readonly string[] | undefined | null {
  if (value === undefined) return undefined;
  const topics = typeof value === 'string' ? [value] : value;
  return Array.isArray(topics) && topics.every((topic) => typeof topic === 'string') ? topics : null;
}

function lastEventIdIn(url = ''): string {
  const query = url.indexOf('?');
  return query === -1 ? '' : (new URLSearchParams(url.slice(query)).get('lastEventId') ?? '');
}
