import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { decodeText } from '../../shared/decode-text.ts';
import type { TypedEmitter } from '../../shared/typed-emitter.ts';
import type { HandshakeError } from '../handshake/handshake-error.ts';
import type { MessageData } from '../session/message-data.ts';
import type { LimitError } from '../session/websocket-error.ts';
import { WebSocketEvent, withTarget } from './emitted-event.ts';
import { CloseEvent, ErrorEvent, type EventMap, MessageEvent } from './event-classes.ts';

/**
 * The type of the error of 'error', with the members of all possible errors: `WebSocketError`, `LimitError`, `HandshakeError`, and
 * errors of Node.js. Each error has only some of these members.
 */
export interface ConnectionError
  extends Error,
    Partial<Pick<LimitError, 'code' | 'closeCode' | 'section' | 'option' | 'limit' | 'actual'>>,
    Partial<Pick<HandshakeError, 'reason' | 'status' | 'headers' | 'hook'>> {}

/** The events of WebSocket as an EventEmitter, with the arguments of their listeners. */
export interface WebSocketEmitterEvents {
  /** The connection is open. */
  open: [];
  /** A message was received. Text is a Buffer of UTF-8, with `isBinary` false. */
  message: [data: MessageData, isBinary: boolean];
  /** A ping was received, and answered if `autoPong` is true. */
  ping: [data: Buffer];
  /** A pong was received. */
  pong: [data: Buffer];
  /** The connection is closed. 1005: the Close frame had no code; 1006: no Close frame was received. */
  close: [code: number, reason: Buffer];
  /** The connection failed. Emitted at most once; 'close' follows. */
  error: [error: ConnectionError];
  /** More data can be sent, after `send()` has returned false. */
  drain: [];
  /** On a client, before 'open': a response with status 101 was received. It has not been validated. */
  upgrade: [response: IncomingMessage];
  /** On a client: a response with another status was received. If there is a listener, it must end the request. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  /**
   * On a client: a redirect is about to be followed. The listener may set header fields of the request. If there is a
   * listener, it is also responsible for removing credentials when the redirect leads to another origin.
   */
  redirect: [url: string, request: ClientRequest];
}

/** A listener of `addEventListener()`: a function, or an object with a method `handleEvent()`. */
type EventListener<E> = ((event: E) => void) | { handleEvent(event: E): void };

/** Options of `addEventListener()`. */
export interface EventListenerOptions {
  /** Whether to call the listener only once. Default: false. */
  readonly once?: boolean | undefined;
  /** Removes the listener when it is aborted. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

// Not exported, and written out: the declarations of a program that exports one of these methods contain this type.
type EventType = 'open' | 'message' | 'close' | 'error';
// biome-ignore lint/suspicious/noExplicitAny: the arguments of any event of the emitter
type EmitterListener = (...args: any[]) => void;

/** The listener behind a wrapper that is registered with the emitter. */
interface Registration {
  readonly listener: unknown;
  /** Whether it was assigned to `onopen`, `onmessage`, …, rather than passed to `addEventListener()`. */
  readonly isAttribute: boolean;
}
/** The registrations, by wrapper. */
const registrations = /* @__PURE__ */ new WeakMap<object, Registration>();

const Emitter: new () => TypedEmitter<WebSocketEmitterEvents> = EventEmitter as never;

/**
 * An EventEmitter that also has the WHATWG interface: `addEventListener()`, `removeEventListener()`, `onopen`, …
 *
 * @typeParam Target the target of the events: the subclass
 * @typeParam Events the events by type
 */
abstract class EventTargetEmitter<
  Target extends object,
  Events extends EventMap<Target> = EventMap<Target>,
> extends Emitter {
  /** `closedCleanly`: whether the closing handshake was completed. `origin`: of each MessageEvent. @internal */
  protected abstract readonly _socketState: { readonly closedCleanly: boolean; readonly origin: string };

  get onopen(): ((event: Events['open']) => void) | null {
    return this.#handler('open');
  }
  set onopen(handler: ((event: Events['open']) => void) | null) {
    this.#setHandler('open', handler);
  }

  get onmessage(): ((event: Events['message']) => void) | null {
    return this.#handler('message');
  }
  set onmessage(handler: ((event: Events['message']) => void) | null) {
    this.#setHandler('message', handler);
  }

  get onclose(): ((event: Events['close']) => void) | null {
    return this.#handler('close');
  }
  set onclose(handler: ((event: Events['close']) => void) | null) {
    this.#setHandler('close', handler);
  }

  get onerror(): ((event: Events['error']) => void) | null {
    return this.#handler('error');
  }
  set onerror(handler: ((event: Events['error']) => void) | null) {
    this.#setHandler('error', handler);
  }

  /** Like `EventTarget.addEventListener()`. Types other than open, message, close and error are ignored. */
  addEventListener<T extends EventType>(
    type: T,
    listener: EventListener<Events[T]> | null,
    options: boolean | EventListenerOptions = {},
  ): void {
    const { once = false, signal } = typeof options === 'boolean' ? {} : options;
    if (listener === null || signal?.aborted || this.#find(type, false, listener) !== undefined) return;
    this.#listen(type, { listener, isAttribute: false }, once);
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true });
  }

  /** Like `EventTarget.removeEventListener()`. */
  removeEventListener<T extends EventType>(type: T, listener: EventListener<Events[T]> | null): void {
    const registered = this.#find(type, false, listener);
    if (registered !== undefined) this.off(type, registered);
  }

  #listen<T extends EventType>(type: T, registration: Registration, once: boolean): void {
    if (!isEventType(type)) return;
    const { listener } = registration as { listener: EventListener<Event> };
    const emitterListener: EmitterListener = (...args) => {
      if (once) this.off(type, emitterListener);
      const event = withTarget(this.#createEvent(type, args), this);
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    };
    registrations.set(emitterListener, registration);
    this.on(type, emitterListener);
  }

  /** Finds a wrapper among the emitter's listeners. `removeAllListeners()` may have removed it there. */
  #find(type: EventType, isAttribute: boolean, listener?: unknown): EmitterListener | undefined {
    return (this.listeners(type) as EmitterListener[]).find((candidate) => {
      const registration = registrations.get(candidate);
      if (registration?.isAttribute !== isAttribute) return false;
      return isAttribute || registration.listener === listener;
    });
  }

  #handler<T extends EventType>(type: T): ((event: Events[T]) => void) | null {
    const registered = this.#find(type, true);
    return registered === undefined ? null : (registrations.get(registered)!.listener as never);
  }

  #setHandler(type: EventType, handler: unknown): void {
    const previous = this.#find(type, true);
    if (previous !== undefined) this.off(type, previous);
    if (typeof handler === 'function') this.#listen(type, { listener: handler, isAttribute: true }, false);
  }

  #createEvent(type: EventType, args: readonly unknown[]): Event {
    switch (type) {
      case 'message': {
        const [data, isBinary] = args as WebSocketEmitterEvents['message'];
        return new MessageEvent(type, {
          data: isBinary ? data : decodeText(data as Buffer),
          origin: this._socketState.origin,
        });
      }
      case 'close': {
        const [code, reason] = args as WebSocketEmitterEvents['close'];
        return new CloseEvent(type, { code, reason: reason.toString(), wasClean: this._socketState.closedCleanly });
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

export { EventTargetEmitter };
