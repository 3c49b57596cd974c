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

  // As in the types of `ws`, null is omitted. It is the value before the event is dispatched.
  override get target(): Target & EventTarget {
    return (this.#target ?? super.target) as Target & EventTarget;
  }

  override get currentTarget(): Target & EventTarget {
    return (this.#target ?? super.currentTarget) as Target & EventTarget;
  }

  override get srcElement(): Target & EventTarget {
    return this.target;
  }
}

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
  readonly lastEventId: string = '';
  readonly source: null = null;
  readonly ports: readonly never[] = [];

  constructor(type: string, { data = '', origin = '' }: MessageEventInit = {}, target?: Target) {
    super(type, target);
    this.data = data;
    this.origin = origin;
  }
}

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

/** The events of the WHATWG interface. */
export interface EventMap<Target extends object> {
  open: WebSocketEvent<Target>;
  message: MessageEvent<Target>;
  close: CloseEvent<Target>;
  error: ErrorEvent<Target>;
}
