import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { TypedEmitter } from '../shared/typed-emitter.ts';
import { makeEnumerable } from '../shared/web-idl.ts';
import type { WebSocket } from './websocket.ts';

/** A message as `binaryType` wants it, text as a Buffer of UTF-8. With `blob`, it is a Blob: the types of `ws` have none. */
export type MessageData = Buffer | ArrayBuffer | Buffer[];

/** What a WebSocket emits, with the arguments of each event. */
export interface WebSocketEmitterEvents {
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
  /** A client's, before 'open': the response with status 101, which has not been checked yet. */
  upgrade: [response: IncomingMessage];
  /** A client's: the response had another status. Whoever listens ends the request. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  /**
   * A client's, before a redirect is followed: what is set on the request is sent. With a listener, no credentials are
   * taken away when the redirect leads to another host: that is left to it.
   */
  redirect: [url: string, request: ClientRequest];
}

let setTarget: (event: WebSocketEvent, target: object) => void;

/** An event whose target may be an emitter, which dispatches it by itself. */
export class WebSocketEvent extends Event {
  #target: object | undefined;

  static {
    setTarget = (event, target) => {
      event.#target = target;
    };
  }

  // Typed as in `ws`: null is left out, which it is before the event is dispatched.
  override get target(): WebSocket & EventTarget {
    return (this.#target ?? super.target) as WebSocket & EventTarget;
  }

  override get currentTarget(): WebSocket & EventTarget {
    return (this.#target ?? super.currentTarget) as WebSocket & EventTarget;
  }

  override get srcElement(): WebSocket & EventTarget {
    return this.target;
  }
}

/** `data` is a string for text, else what `binaryType` says. HTML §9.1. */
export class MessageEvent extends WebSocketEvent {
  readonly data: string | MessageData;
  /** Of the URL that the client connected to; empty in a server. */
  readonly origin: string;
  readonly lastEventId: string = '';
  readonly source: null = null;
  readonly ports: readonly never[] = [];

  constructor(type: string, { data = '', origin = '' }: { data?: string | MessageData; origin?: string } = {}) {
    super(type);
    this.data = data;
    this.origin = origin;
  }
}

/** WHATWG WebSockets §6: the connection is over. */
export class CloseEvent extends WebSocketEvent {
  readonly code: number;
  readonly reason: string;
  /** Whether the closing handshake was completed. */
  readonly wasClean: boolean;

  constructor(
    type: string,
    { code = 0, reason = '', wasClean = false }: { code?: number; reason?: string; wasClean?: boolean } = {},
  ) {
    super(type);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** The browser's has no details; this one has the error. */
export class ErrorEvent extends WebSocketEvent {
  // biome-ignore lint/suspicious/noExplicitAny: HTML §8.1.4.6 has it so, and so have the types of `ws`
  readonly error: any;
  readonly message: string;

  constructor(type: string, { error = null, message = '' }: { error?: unknown; message?: string } = {}) {
    super(type);
    this.error = error;
    this.message = message;
  }
}

/** The events of the WHATWG interface. */
export interface WebSocketEventMap {
  open: WebSocketEvent;
  message: MessageEvent;
  close: CloseEvent;
  error: ErrorEvent;
}

export type EventListener<E> = ((event: E) => void) | { handleEvent(event: E): void };

export interface EventListenerOptions {
  /** Whether the listener is called once only. Default: false. */
  readonly once?: boolean | undefined;
  /** Takes the listener away. */
  readonly signal?: AbortSignal | undefined;
}

type EventType = keyof WebSocketEventMap;
// biome-ignore lint/suspicious/noExplicitAny: the arguments of any event of the emitter
type EmitterListener = (...args: any[]) => void;

/** What a listener of the emitter stands for. */
interface Registration {
  readonly listener: unknown;
  /** Whether it was assigned to `onopen`, `onmessage`, …: it is none of `addEventListener`'s then. */
  readonly isAttribute: boolean;
}
const registrations = new WeakMap<object, Registration>();

const Emitter: new () => TypedEmitter<WebSocketEmitterEvents> = EventEmitter as never;

/** An EventEmitter with the WHATWG face: `addEventListener`, `removeEventListener`, `onopen`, `onmessage`, … */
export abstract class EventTargetEmitter extends Emitter {
  /** Whether the closing handshake was completed. */
  protected abstract readonly closedCleanly: boolean;
  /** What a MessageEvent names as the origin. */
  protected abstract readonly origin: string;

  get onopen(): ((event: WebSocketEventMap['open']) => void) | null {
    return this.#handler('open');
  }
  set onopen(handler: ((event: WebSocketEventMap['open']) => void) | null) {
    this.#setHandler('open', handler);
  }

  get onmessage(): ((event: WebSocketEventMap['message']) => void) | null {
    return this.#handler('message');
  }
  set onmessage(handler: ((event: WebSocketEventMap['message']) => void) | null) {
    this.#setHandler('message', handler);
  }

  get onclose(): ((event: WebSocketEventMap['close']) => void) | null {
    return this.#handler('close');
  }
  set onclose(handler: ((event: WebSocketEventMap['close']) => void) | null) {
    this.#setHandler('close', handler);
  }

  get onerror(): ((event: WebSocketEventMap['error']) => void) | null {
    return this.#handler('error');
  }
  set onerror(handler: ((event: WebSocketEventMap['error']) => void) | null) {
    this.#setHandler('error', handler);
  }

  /** As `EventTarget.addEventListener`; types other than open, message, close and error are ignored. */
  addEventListener<T extends EventType>(
    type: T,
    listener: EventListener<WebSocketEventMap[T]> | null,
    options: boolean | EventListenerOptions = {},
  ): void {
    const { once = false, signal } = typeof options === 'boolean' ? {} : options;
    if (listener === null || signal?.aborted || this.#find(type, false, listener) !== undefined) return;
    this.#listen(type, { listener, isAttribute: false }, once);
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
  }

  removeEventListener<T extends EventType>(type: T, listener: EventListener<WebSocketEventMap[T]> | null): void {
    const registered = this.#find(type, false, listener);
    if (registered !== undefined) this.off(type, registered);
  }

  #listen<T extends EventType>(type: T, registration: Registration, once: boolean): void {
    if (!isEventType(type)) return;
    const { listener } = registration as { listener: EventListener<Event> };
    const emitterListener: EmitterListener = (...args) => {
      if (once) this.off(type, emitterListener);
      const event = this.#eventOf(type, args);
      setTarget(event, this);
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    };
    registrations.set(emitterListener, registration);
    this.on(type, emitterListener);
  }

  /** Looked for among the emitter's own, so that `removeAllListeners()` removes these, too. */
  #find(type: EventType, isAttribute: boolean, listener?: unknown): EmitterListener | undefined {
    return (this.listeners(type) as EmitterListener[]).find((candidate) => {
      const registration = registrations.get(candidate);
      if (registration?.isAttribute !== isAttribute) return false;
      return isAttribute || registration.listener === listener;
    });
  }

  #handler<T extends EventType>(type: T): ((event: WebSocketEventMap[T]) => void) | null {
    const registered = this.#find(type, true);
    return registered === undefined ? null : (registrations.get(registered)!.listener as never);
  }

  #setHandler(type: EventType, handler: unknown): void {
    const before = this.#find(type, true);
    if (before !== undefined) this.off(type, before);
    if (typeof handler === 'function') this.#listen(type, { listener: handler, isAttribute: true }, false);
  }

  #eventOf(type: EventType, args: readonly unknown[]): WebSocketEvent {
    switch (type) {
      case 'message': {
        const [data, isBinary] = args as WebSocketEmitterEvents['message'];
        return new MessageEvent(type, { data: isBinary ? data : data.toString(), origin: this.origin });
      }
      case 'close': {
        const [code, reason] = args as WebSocketEmitterEvents['close'];
        return new CloseEvent(type, { code, reason: reason.toString(), wasClean: this.closedCleanly });
      }
      case 'error': {
        const [error] = args as WebSocketEmitterEvents['error'];
        return new ErrorEvent(type, { error, message: error.message });
      }
      case 'open':
        return new WebSocketEvent(type);
    }
  }
}

function isEventType(type: string): type is EventType {
  return type === 'open' || type === 'message' || type === 'close' || type === 'error';
}

makeEnumerable(EventTargetEmitter, ['onopen', 'onmessage', 'onclose', 'onerror']);
