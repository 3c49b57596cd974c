import type { MessageData } from './session/message-data.ts';

/**
 * An event whose target is an EventEmitter. An `Event` has a target only if an EventTarget dispatches it, so here the target
 * is an argument of the constructor.
 *
 * @typeParam Target WebSocket; a parameter, so that this file does not import the class
 */
export class WebSocketEvent<Target extends object> extends Event {
  readonly #target: Target | undefined;

  constructor(type: string, target?: Target) {
    super(type);
    this.#target = target;
  }

  /** The WebSocket. The type omits null, the value before the event is dispatched, as in the types of `ws`. */
  override get target(): Target & EventTarget {
    return (this.#target ?? super.target) as Target & EventTarget;
  }

  /** The same as `target`. */
  override get currentTarget(): Target & EventTarget {
    return (this.#target ?? super.currentTarget) as Target & EventTarget;
  }

  /** The same as `target`. */
  override get srcElement(): Target & EventTarget {
    return this.target;
  }
}

/** The second argument of `new MessageEvent()`. Default of `data` and `origin`: an empty string. */
export interface MessageEventInit {
  readonly data?: string | MessageData;
  readonly origin?: string;
}

/** A message was received (HTML §9.1). */
export class MessageEvent<Target extends object> extends WebSocketEvent<Target> {
  /** A string for text; for binary data, the type that `binaryType` selects. */
  readonly data: string | MessageData;
  /** The origin of the URL that a client connected to; empty on a server. */
  readonly origin: string;
  /** Always empty: a WebSocket has no event IDs. */
  readonly lastEventId: string = '';
  /** Always null. */
  readonly source: null = null;
  /** Always empty. */
  readonly ports: readonly never[] = [];

  constructor(type: string, { data = '', origin = '' }: MessageEventInit = {}, target?: Target) {
    super(type, target);
    this.data = data;
    this.origin = origin;
  }
}

/** The second argument of `new CloseEvent()`. Defaults: 0, an empty string, and false. */
export interface CloseEventInit {
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
}

/** The connection is closed (WHATWG WebSockets §6). */
export class CloseEvent<Target extends object> extends WebSocketEvent<Target> {
  /** The close code; 1005 if the Close frame had none, 1006 if no Close frame was received (RFC 6455 §7.1.5). */
  readonly code: number;
  /** The close reason; empty for none. */
  readonly reason: string;
  /** Whether the closing handshake was completed. */
  readonly wasClean: boolean;

  constructor(type: string, { code = 0, reason = '', wasClean = false }: CloseEventInit = {}, target?: Target) {
    super(type, target);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** The second argument of `new ErrorEvent()`. Defaults: null, and an empty string. */
export interface ErrorEventInit {
  readonly error?: unknown;
  readonly message?: string;
}

/** The connection failed. In browsers, this event has no details. */
export class ErrorEvent<Target extends object> extends WebSocketEvent<Target> {
  /** The error that the event 'error' of the EventEmitter has. */
  // biome-ignore lint/suspicious/noExplicitAny: as in HTML §8.1.4.6 and in the types of `ws`
  readonly error: any;
  /** The message of the error. */
  readonly message: string;

  constructor(type: string, { error = null, message = '' }: ErrorEventInit = {}, target?: Target) {
    super(type, target);
    this.error = error;
    this.message = message;
  }
}

/** The events of the WHATWG interface (WebSockets §3.1), by type. */
export interface EventMap<Target extends object> {
  open: WebSocketEvent<Target>;
  message: MessageEvent<Target>;
  close: CloseEvent<Target>;
  error: ErrorEvent<Target>;
}
