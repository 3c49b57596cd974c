import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** A message as `binaryType` wants it; text is always a Buffer of UTF-8. */
export type MessageData = Buffer | ArrayBuffer | Buffer[] | Blob;

/** What a WebSocket emits, with the arguments of each event. */
export interface WebSocketEvents {
  open: [];
  /** Text comes as a Buffer of UTF-8 with `isBinary` false. */
  message: [data: MessageData, isBinary: boolean];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** The connection is over. 1005: the Close frame had no code; 1006: there was none. */
  close: [code: number, reason: Buffer];
  /** At most one a connection; 'close' follows. */
  error: [error: Error];
  /** After `send()` returned false: the transport takes more. */
  drain: [];
  /** A client's, before 'open': the response with status 101. */
  upgrade: [response: IncomingMessage];
  /** A client's: the response had another status. Whoever listens ends the request. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  /** A client's, before a redirect is followed: what is set on the request is sent. */
  redirect: [url: string, request: ClientRequest];
}

/** An event whose target is a WebSocket. */
class WebSocketEvent extends Event {
  readonly #target: EventTargetEmitter;

  constructor(type: string, target: EventTargetEmitter) {
    super(type);
    this.#target = target;
  }

  override get target(): EventTarget {
    return this.#target as unknown as EventTarget;
  }

  override get currentTarget(): EventTarget {
    return this.target;
  }

  override get srcElement(): EventTarget {
    return this.target;
  }
}

/** `data` is a string for text, else what `binaryType` says. */
export class MessageEvent extends WebSocketEvent {
  readonly data: string | MessageData;

  constructor(target: EventTargetEmitter, data: string | MessageData) {
    super('message', target);
    this.data = data;
  }
}

/** WHATWG WebSockets §6: the connection is over. */
export class CloseEvent extends WebSocketEvent {
  readonly code: number;
  readonly reason: string;
  /** Whether the closing handshake was completed. */
  readonly wasClean: boolean;

  constructor(target: EventTargetEmitter, code: number, reason: string, wasClean: boolean) {
    super('close', target);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** The browser's has no details; this one has the error. */
export class ErrorEvent extends WebSocketEvent {
  readonly error: Error;
  readonly message: string;

  constructor(target: EventTargetEmitter, error: Error) {
    super('error', target);
    this.error = error;
    this.message = error.message;
  }
}

/** The events of the WHATWG interface. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  close: CloseEvent;
  error: ErrorEvent;
}

export type EventListener<E> = ((event: E) => void) | { handleEvent(event: E): void };

type EventType = keyof WebSocketEventMap;
// biome-ignore lint/suspicious/noExplicitAny: the arguments of any event of the emitter
type EmitterListener = (...args: any[]) => void;
interface Registration {
  readonly type: EventType;
  readonly listener: EventListener<never>;
  readonly wrapper: EmitterListener;
}

/** An EventEmitter with the WHATWG face: `addEventListener`, `removeEventListener`, `onopen`, `onmessage`, … */
export abstract class EventTargetEmitter extends EventEmitter<WebSocketEvents> {
  #registrations: Registration[] = [];
  readonly #handlers: { [T in EventType]?: ((event: WebSocketEventMap[T]) => void) | null } = {};

  /** Whether the closing handshake was completed. */
  protected abstract readonly closedCleanly: boolean;

  get onopen(): ((event: Event) => void) | null {
    return this.#handlers.open ?? null;
  }
  set onopen(handler: ((event: Event) => void) | null) {
    this.#setHandler('open', handler);
  }

  get onmessage(): ((event: MessageEvent) => void) | null {
    return this.#handlers.message ?? null;
  }
  set onmessage(handler: ((event: MessageEvent) => void) | null) {
    this.#setHandler('message', handler);
  }

  get onclose(): ((event: CloseEvent) => void) | null {
    return this.#handlers.close ?? null;
  }
  set onclose(handler: ((event: CloseEvent) => void) | null) {
    this.#setHandler('close', handler);
  }

  get onerror(): ((event: ErrorEvent) => void) | null {
    return this.#handlers.error ?? null;
  }
  set onerror(handler: ((event: ErrorEvent) => void) | null) {
    this.#setHandler('error', handler);
  }

  /** As `EventTarget.addEventListener`; types other than open, message, close and error are ignored. */
  addEventListener<T extends EventType>(
    type: T,
    listener: EventListener<WebSocketEventMap[T]> | null,
    options: boolean | { once?: boolean; signal?: AbortSignal } = {},
  ): void {
    if (listener === null || !isEventType(type) || this.#registered(type, listener) !== undefined) return;
    const { once = false, signal } = typeof options === 'boolean' ? {} : options;
    if (signal?.aborted) return;
    const wrapper: EmitterListener = (...args) => {
      if (once) this.removeEventListener(type, listener);
      const event = this.#eventOf(type, args) as WebSocketEventMap[T];
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    };
    this.#registrations.push({ type, listener: listener as EventListener<never>, wrapper });
    (this as EventEmitter).on(type, wrapper);
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
  }

  removeEventListener<T extends EventType>(type: T, listener: EventListener<WebSocketEventMap[T]> | null): void {
    const registration = listener === null ? undefined : this.#registered(type, listener);
    if (registration === undefined) return;
    this.#registrations = this.#registrations.filter((other) => other !== registration);
    (this as EventEmitter).off(type, registration.wrapper);
  }

  #registered<T extends EventType>(type: T, listener: EventListener<WebSocketEventMap[T]>): Registration | undefined {
    return this.#registrations.find((other) => other.type === type && other.listener === listener);
  }

  #setHandler<T extends EventType>(type: T, handler: ((event: WebSocketEventMap[T]) => void) | null): void {
    const handlers: { [K in EventType]?: unknown } = this.#handlers;
    this.removeEventListener(type, (handlers[type] ?? null) as EventListener<WebSocketEventMap[T]> | null);
    handlers[type] = typeof handler === 'function' ? handler : null;
    this.addEventListener(type, handlers[type] as EventListener<WebSocketEventMap[T]> | null);
  }

  #eventOf(type: EventType, args: readonly unknown[]): Event {
    switch (type) {
      case 'message': {
        const [data, isBinary] = args as WebSocketEvents['message'];
        return new MessageEvent(this, isBinary ? data : data.toString());
      }
      case 'close': {
        const [code, reason] = args as WebSocketEvents['close'];
        return new CloseEvent(this, code, reason.toString(), this.closedCleanly);
      }
      case 'error':
        return new ErrorEvent(this, args[0] as Error);
      case 'open':
        return new WebSocketEvent('open', this);
    }
  }
}

function isEventType(type: string): type is EventType {
  return type === 'open' || type === 'message' || type === 'close' || type === 'error';
}
