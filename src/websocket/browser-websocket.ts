import { EventHandlers } from '../shared/event-handlers.ts';
import { describeReadyState, ReadyState } from '../shared/ready-state.ts';
import { defineConstants, makeEnumerable } from '../shared/web-idl.ts';
import { toPayload } from './session/message-data.ts';
import { type ClientOptions, WebSocket } from './websocket.ts';
import { CloseEvent } from './websocket-events.ts';
import { CloseCode } from './wire/close-code.ts';
import { MAX_CLOSE_REASON } from './wire/frame.ts';

/** What a browser's `send()` takes; anything else is made a string. */
export type BrowserSendable = string | ArrayBufferLike | ArrayBufferView | Blob;

/** A handler of `onopen`, `onmessage`, …. */
type EventHandler<E extends Event> = ((this: BrowserWebSocket, event: E) => void) | null;

/**
 * The browser's WebSocket, to the letter of the WHATWG WebSockets standard: an EventTarget and no EventEmitter, with
 * DOMExceptions, `blob` as the default of `binaryType`, one event a turn of the event loop, and nothing delivered once
 * `close()` was called. It is a client only.
 *
 * It is a class of its own, around a WebSocket, because most of this contradicts `ws`: an option would branch in each
 * method, and two of the bases (EventTarget and EventEmitter) cannot be one.
 */
export class BrowserWebSocket extends EventTarget {
  // Constants of the class and of its prototype: see below.
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  readonly #socket: WebSocket;
  readonly #origin: string;
  readonly #handlers = new EventHandlers(this);
  #binaryType: 'blob' | 'arraybuffer' = 'blob';
  #bufferedAmount = 0;
  #failed = false;
  /** Whether `close()` was called. */
  #closing = false;

  /**
   * §3.1. 'open', or 'error' and 'close', follow.
   *
   * @param url       with the scheme ws, wss, http or https, and without a fragment
   * @param protocols the subprotocols to offer, in order of preference
   * @param options   not in browsers: those of a client, such as `headers` or `ca`
   * @throws DOMException SyntaxError for an invalid URL or subprotocol
   */
  constructor(url: string | URL, protocols: string | readonly string[] = [], options: ClientOptions = {}) {
    super();
    // biome-ignore lint/complexity/noArguments: undefined is a string, too, where a URL is asked for
    if (arguments.length === 0) throw new TypeError('A WebSocket must be given a URL');
    const list = typeof protocols === 'object' && protocols !== null ? [...protocols] : [protocols];
    try {
      const address = String(url);
      if (/^\s*ws\+unix:/i.test(address)) throw new SyntaxError(`Invalid URL: ${address}`);
      this.#socket = new WebSocket(address, list.map(String), { ...options, allowSynchronousEvents: false });
    } catch (error) {
      throw error instanceof SyntaxError ? new DOMException(error.message, 'SyntaxError') : error;
    }
    this.#origin = new URL(this.#socket.url).origin;
    this.#socket.on('open', () => void this.dispatchEvent(new Event('open')));
    this.#socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    this.#socket.on('error', () => {
      this.#failed = true;
    });
    this.#socket.on('close', (code, reason) => {
      // RFC 6455 §7.2.1: a connection that is lost is one that fails.
      const failed = this.#failed || (code === CloseCode.ABNORMAL_CLOSURE && !this.#closing);
      if (failed) this.dispatchEvent(new Event('error'));
      const wasClean = !failed && code !== CloseCode.ABNORMAL_CLOSURE;
      this.dispatchEvent(new CloseEvent('close', { code, reason: reason.toString(), wasClean }));
    });
  }

  /** Serialized, with the scheme ws or wss. */
  get url(): string {
    return this.#socket.url;
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
  get readyState(): ReadyState {
    return this.#socket.readyState;
  }

  /** Bytes of messages, without framing, that were given to `send()` and are not sent yet, or never will be. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** The extensions that were agreed on; empty for none. */
  get extensions(): string {
    return this.#socket.extensions;
  }

  /** The subprotocol that was agreed on; empty for none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** The form in which binary messages come. Default: `blob`. Setting another value has no effect. */
  get binaryType(): 'blob' | 'arraybuffer' {
    return this.#binaryType;
  }

  set binaryType(type: 'blob' | 'arraybuffer') {
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type;
  }

  get onopen(): EventHandler<Event> {
    return this.#handlers.get('open');
  }
  set onopen(handler: EventHandler<Event>) {
    this.#handlers.set('open', handler);
  }

  get onmessage(): EventHandler<MessageEvent> {
    return this.#handlers.get('message');
  }
  set onmessage(handler: EventHandler<MessageEvent>) {
    this.#handlers.set('message', handler);
  }

  get onerror(): EventHandler<Event> {
    return this.#handlers.get('error');
  }
  set onerror(handler: EventHandler<Event>) {
    this.#handlers.set('error', handler);
  }

  get onclose(): EventHandler<CloseEvent> {
    return this.#handlers.get('close');
  }
  set onclose(handler: EventHandler<CloseEvent>) {
    this.#handlers.set('close', handler);
  }

  /**
   * Sends a message: text for a string, else the bytes as they are now. Once it is too late, they only count in
   * `bufferedAmount`.
   *
   * @throws DOMException InvalidStateError while the connection is not open yet
   */
  send(data: BrowserSendable): void {
    // biome-ignore lint/complexity/noArguments: undefined is a string, too
    if (arguments.length === 0) throw new TypeError('send() must be given what to send');
    const message = isBytes(data) ? Buffer.from(toPayload(data)) : data instanceof Blob ? data : String(data);
    if (this.readyState === ReadyState.CONNECTING) {
      throw new DOMException(
        `WebSocket is not open: readyState ${describeReadyState(this.readyState)}`,
        'InvalidStateError',
      );
    }
    const length = message instanceof Blob ? message.size : Buffer.byteLength(message);
    this.#bufferedAmount += length;
    this.#socket.send(message, (error) => {
      // What was never sent stays counted: "does not reset to zero once the connection closes".
      if (error === undefined) this.#bufferedAmount -= length;
    });
  }

  /**
   * Starts the closing handshake, or gives up the opening one. Nothing that comes afterwards is delivered.
   *
   * @param code   1000, or 3000 to 4999. Default: none
   * @param reason at most 123 bytes of UTF-8
   * @throws DOMException InvalidAccessError for another code; SyntaxError for a reason that is too long
   */
  close(code?: number, reason?: string): void {
    const clamped = code === undefined ? undefined : clampToUnsignedShort(code);
    if (clamped !== undefined && clamped !== CloseCode.NORMAL_CLOSURE && !(clamped >= 3000 && clamped <= 4999)) {
      throw new DOMException(`The close code must be 1000, or 3000 to 4999, and is ${clamped}`, 'InvalidAccessError');
    }
    const text = reason === undefined ? undefined : String(reason);
    const length = text === undefined ? 0 : Buffer.byteLength(text);
    if (length > MAX_CLOSE_REASON) {
      const message = `The reason must not be longer than ${MAX_CLOSE_REASON} bytes, and has ${length}`;
      throw new DOMException(message, 'SyntaxError');
    }
    if (this.readyState >= ReadyState.CLOSING) return;
    this.#closing = true;
    this.#socket.close(clamped, text);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // "If ready state is not OPEN (1), then return."
    if (this.readyState !== ReadyState.OPEN) return;
    this.dispatchEvent(
      new MessageEvent('message', { data: isBinary ? this.#binary(data) : data.toString(), origin: this.#origin }),
    );
  }

  #binary(data: Buffer): Blob | ArrayBuffer {
    if (this.#binaryType === 'blob') return new Blob([data as Buffer<ArrayBuffer>]);
    return Uint8Array.from(data).buffer;
  }

  get [Symbol.toStringTag](): string {
    return 'WebSocket';
  }
}

function isBytes(data: BrowserSendable): data is ArrayBufferLike | ArrayBufferView {
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof SharedArrayBuffer;
}

/** Web IDL §3.2.4, [Clamp]: the nearest whole number, the even one of two. */
function clampToUnsignedShort(value: unknown): number {
  const number = Math.min(Math.max(Number(value), 0), 0xffff);
  if (Number.isNaN(number)) return 0;
  const floor = Math.floor(number);
  const isHalf = number - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(number);
}

defineConstants(BrowserWebSocket, ReadyState);
makeEnumerable(
  BrowserWebSocket,
  Object.getOwnPropertyNames(BrowserWebSocket.prototype).filter((name) => name !== 'constructor'),
);
