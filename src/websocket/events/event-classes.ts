import type { MessagePort } from 'node:worker_threads';
import { describeValue } from '../../shared/describe-value.ts';
import { domString, requireArguments, usvString, webInterface } from '../../shared/web-idl.ts';
import type { MessageData } from '../session/message-data.ts';
import { type EventInit, emittedEvent, type WebSocketEvent } from './emitted-event.ts';
import { eventInitDictionary, sequence, unsignedShort } from './idl-conversions.ts';

/** The second argument of `new MessageEvent()`. Default of `data`: null. */
export interface MessageEventInit extends EventInit {
  readonly data?: string | MessageData | null;
  readonly origin?: string;
  readonly lastEventId?: string;
  readonly source?: MessagePort | null;
  readonly ports?: Iterable<MessagePort>;
}

const NO_PORTS: readonly MessagePort[] = /* @__PURE__ */ Object.freeze([]);

/**
 * A message was received (HTML §9.1).
 *
 * @typeParam Target WebSocket; a parameter, so that this file does not import the class
 */
class MessageEvent<Target extends object> extends Event {
  /** The WebSocket. */
  declare readonly target: Target & EventTarget;
  /** The same as `target`. */
  declare readonly currentTarget: Target & EventTarget;
  /** The same as `target`. */
  declare readonly srcElement: Target & EventTarget;

  #data: string | MessageData;
  #origin: string;
  #lastEventId: string;
  #source: MessagePort | null;
  #ports: readonly MessagePort[];

  constructor(type: string, eventInitDict: MessageEventInit = {}) {
    // biome-ignore lint/complexity/noArguments: an explicit undefined is converted to a string
    requireArguments(arguments, 'type');
    const text = domString(type);
    const init = eventInitDictionary(eventInitDict);
    super(text, eventInit(init));
    // The members of a dictionary are read in the order of their names, and each one is converted before the next one is read.
    const { data = null, lastEventId = '' } = init;
    this.#data = data as string | MessageData;
    this.#lastEventId = domString(lastEventId);
    const { origin = '' } = init;
    this.#origin = usvString(origin);
    const { ports } = init;
    this.#ports = ports === undefined ? NO_PORTS : portsOf(ports);
    const { source = null } = init;
    this.#source = sourceOf(source);
  }

  /** A string for text; for binary data, the type that `binaryType` selects. */
  get data(): string | MessageData {
    return this.#data;
  }

  /** The origin of the URL that a client connected to; empty on a server. */
  get origin(): string {
    return this.#origin;
  }

  /** Empty: a WebSocket has no event IDs. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** Null, unless the constructor received a MessagePort. */
  get source(): MessagePort | null {
    return this.#source;
  }

  /** Empty, unless the constructor received MessagePorts. */
  get ports(): readonly MessagePort[] {
    return this.#ports;
  }

  /** Initializes the event as `new MessageEvent()` does. It has no effect while the event is dispatched. */
  initMessageEvent(
    type: string,
    bubbles = false,
    cancelable = false,
    data: string | MessageData | null = null,
    origin = '',
    lastEventId = '',
    source: MessagePort | null = null,
    ports: Iterable<MessagePort> = [],
  ): void {
    // biome-ignore lint/complexity/noArguments: an explicit undefined is converted to a string
    requireArguments(arguments, 'type');
    if (!(#data in this)) throw new TypeError(`this must be a MessageEvent; received ${describeValue(this)}`);
    // The arguments are converted in their order, and all of them before any takes effect.
    const text = domString(type);
    const originText = usvString(origin);
    const idText = domString(lastEventId);
    const port = sourceOf(source);
    const list = portsOf(ports);
    // `Event.NONE`, which the types of Node.js omit.
    if (this.eventPhase !== 0) return;
    this.initEvent(text, bubbles, cancelable);
    this.#data = data as string | MessageData;
    this.#origin = originText;
    this.#lastEventId = idText;
    this.#source = port;
    this.#ports = list;
  }
}

/** The second argument of `new CloseEvent()`. Defaults: 0, an empty string, and false. */
export interface CloseEventInit extends EventInit {
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
}

/** The connection is closed (WHATWG WebSockets §6). */
class CloseEvent<Target extends object> extends Event {
  /** The WebSocket. */
  declare readonly target: Target & EventTarget;
  /** The same as `target`. */
  declare readonly currentTarget: Target & EventTarget;
  /** The same as `target`. */
  declare readonly srcElement: Target & EventTarget;

  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, eventInitDict: CloseEventInit = {}) {
    // biome-ignore lint/complexity/noArguments: an explicit undefined is converted to a string
    requireArguments(arguments, 'type');
    const text = domString(type);
    const init = eventInitDictionary(eventInitDict);
    super(text, eventInit(init));
    const { code = 0 } = init;
    this.#code = unsignedShort(code);
    const { reason = '' } = init;
    this.#reason = usvString(reason);
    this.#wasClean = Boolean(init.wasClean);
  }

  /** The close code; 1005 if the Close frame had none, 1006 if no Close frame was received (RFC 6455 §7.1.5). */
  get code(): number {
    return this.#code;
  }

  /** The close reason; empty for none. */
  get reason(): string {
    return this.#reason;
  }

  /** Whether the closing handshake was completed. */
  get wasClean(): boolean {
    return this.#wasClean;
  }
}

/** The second argument of `new ErrorEvent()`. Defaults: null, and an empty string. */
export interface ErrorEventInit extends EventInit {
  readonly error?: unknown;
  readonly message?: string;
}

/** The connection failed. In browsers, this event has no details. */
class ErrorEvent<Target extends object> extends Event {
  /** The WebSocket. */
  declare readonly target: Target & EventTarget;
  /** The same as `target`. */
  declare readonly currentTarget: Target & EventTarget;
  /** The same as `target`. */
  declare readonly srcElement: Target & EventTarget;

  readonly #error: unknown;
  readonly #message: string;

  constructor(type: string, eventInitDict: ErrorEventInit = {}) {
    // biome-ignore lint/complexity/noArguments: an explicit undefined is converted to a string
    requireArguments(arguments, 'type');
    const text = domString(type);
    const init = eventInitDictionary(eventInitDict);
    super(text, eventInit(init));
    const { error = null, message = '' } = init;
    this.#error = error;
    this.#message = domString(message);
  }

  /** The error that the event 'error' of the EventEmitter has. */
  // biome-ignore lint/suspicious/noExplicitAny: as in HTML §8.1.4.6 and in the types of `ws`
  get error(): any {
    return this.#error;
  }

  /** The message of the error. */
  get message(): string {
    return this.#message;
  }
}

/** The members that `Event` has. Its constructor in Node.js accepts no other object, such as an array. */
function eventInit({ bubbles, cancelable, composed }: EventInit): EventInit | undefined {
  if (bubbles === undefined && cancelable === undefined && composed === undefined) return undefined;
  return { bubbles: Boolean(bubbles), cancelable: Boolean(cancelable), composed: Boolean(composed) };
}

function portsOf(ports: Iterable<unknown>): readonly MessagePort[] {
  const list = sequence(ports, (port) => portOf('ports', port));
  if (list === undefined) throw new TypeError(`ports must be a sequence; received ${describeValue(ports)}`);
  return Object.freeze(list);
}

function sourceOf(source: unknown): MessagePort | null {
  return source === null ? null : portOf('source', source);
}

function portOf(name: string, port: unknown): MessagePort {
  if (port instanceof globalThis.MessagePort) return port as unknown as MessagePort;
  throw new TypeError(`${name} must contain MessagePorts; received ${describeValue(port)}`);
}

// The names differ from those of the classes, which users see.
const MessageEventInterface: typeof MessageEvent = /* @__PURE__ */ emittedEvent(
  /* @__PURE__ */ webInterface(MessageEvent, { identifier: 'MessageEvent' }),
);
type MessageEventInterface<Target extends object> = MessageEvent<Target>;

const CloseEventInterface: typeof CloseEvent = /* @__PURE__ */ emittedEvent(
  /* @__PURE__ */ webInterface(CloseEvent, { identifier: 'CloseEvent' }),
);
type CloseEventInterface<Target extends object> = CloseEvent<Target>;

const ErrorEventInterface: typeof ErrorEvent = /* @__PURE__ */ emittedEvent(
  /* @__PURE__ */ webInterface(ErrorEvent, { identifier: 'ErrorEvent' }),
);
type ErrorEventInterface<Target extends object> = ErrorEvent<Target>;

export { CloseEventInterface as CloseEvent, ErrorEventInterface as ErrorEvent, MessageEventInterface as MessageEvent };

/** The events of the WHATWG interface (WebSockets §3.1), by type. */
export interface EventMap<Target extends object> {
  open: WebSocketEvent<Target>;
  message: MessageEvent<Target>;
  close: CloseEvent<Target>;
  error: ErrorEvent<Target>;
}
