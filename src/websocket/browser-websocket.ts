import { decodeText } from '../shared/decode-text.ts';
import { EventHandlers } from '../shared/event-handlers.ts';
import { webSocketOption } from '../shared/option-validation.ts';
import { describeReadyState, ReadyState } from '../shared/ready-state.ts';
import { domString, requireArguments, usvString, webInterface } from '../shared/web-idl.ts';
import { clampedUnsignedShort, copyBlob, copyBufferSource, sequence } from './events/idl-conversions.ts';
import { closeCodeFault } from './method-arguments.ts';
import { byteLengthOf, toBinaryType } from './session/message-data.ts';
import { type ClientOptions, WebSocket } from './websocket.ts';
import { CloseEvent } from './websocket-events.ts';
import { CloseCode } from './wire/close-code.ts';
import { MAX_CLOSE_REASON } from './wire/frame.ts';

/** Data that a browser's `send()` accepts. Anything else is converted to a string. */
export type BrowserSendable = string | ArrayBuffer | ArrayBufferView | Blob;

/** The value of `onopen`, `onmessage`, … */
type EventHandler<E extends Event> = ((this: BrowserWebSocket, event: E) => void) | null;

/**
 * The WebSocket of browsers, exactly as the WHATWG WebSockets standard defines it: an EventTarget rather than an
 * EventEmitter, with DOMExceptions, `blob` as the default of `binaryType`, one event in each turn of the event loop, and no
 * message after `close()` has been called. It is always a client.
 */
class BrowserWebSocket extends EventTarget {
  // Constants of the class and of its prototype, defined below.
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  // It wraps a WebSocket rather than extending it, because most of this contradicts `ws`: an option would need a branch in
  // each method, and a class cannot extend both EventTarget and EventEmitter.
  readonly #socket: WebSocket;
  readonly #origin: string;
  readonly #handlers = new EventHandlers(this);
  #binaryType: 'blob' | 'arraybuffer' = 'blob';
  #bufferedAmount = 0;
  /** The bytes that have been sent and still count in `#bufferedAmount`. */
  #sentBytes = 0;
  #failed = false;
  /** Whether `close()` was called. */
  #closing = false;

  /**
   * Connects to a server (§3.1). The event 'open' follows, or 'error' and 'close'.
   *
   * @param url       a URL with the scheme ws, wss, http or https, and without a fragment
   * @param protocols the subprotocols to offer, in order of preference. Default: none
   * @param options   options of a client, such as `headers` or `ca`. Browsers do not have this parameter
   * @throws DOMException named SyntaxError for an invalid URL or subprotocol
   * @throws TypeError without a URL; TypeError or RangeError for an invalid option
   */
  constructor(url: string | URL, protocols: string | readonly string[] = [], options: ClientOptions = {}) {
    super();
    // biome-ignore lint/complexity/noArguments: an explicit undefined is converted to a string
    requireArguments(arguments, 'url');
    const text = usvString(url);
    const list = sequence(protocols, domString) ?? [domString(protocols)];
    const given = webSocketOption.object('options', options);
    for (const name of ['allowSynchronousEvents', 'serializeHandshakes'] as const)
      webSocketOption.flag(name, given[name]);
    try {
      if (/^\s*ws\+unix:/i.test(text)) throw new SyntaxError(`Invalid URL: ${text}`);
      this.#socket = new WebSocket(text, distinct(list), {
        ...given,
        allowSynchronousEvents: false,
        serializeHandshakes: true,
      });
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
      const isLost = code === CloseCode.ABNORMAL_CLOSURE;
      // RFC 6455 §7.2.1: a lost connection counts as failed.
      const failed = this.#failed || (isLost && !this.#closing);
      if (failed) this.dispatchEvent(new Event('error'));
      const wasClean = !failed && !isLost;
      this.dispatchEvent(new CloseEvent('close', { code, reason: reason.toString(), wasClean }));
    });
  }

  /** The serialized URL, with the scheme ws or wss. */
  get url(): string {
    return this.#socket.url;
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#socket.readyState;
  }

  /**
   * Bytes passed to `send()` that had not been sent when the event loop began this task: text in UTF-8, without frame headers,
   * and before compression. Bytes that cannot be sent stay counted.
   */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** The extensions in use; empty for none. */
  get extensions(): string {
    return this.#socket.extensions;
  }

  /** The subprotocol in use; empty for none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** The type in which binary messages are delivered. Default: `blob`. Setting an unknown type has no effect. */
  get binaryType(): 'blob' | 'arraybuffer' {
    return this.#binaryType;
  }

  set binaryType(type: 'blob' | 'arraybuffer') {
    const current = this.#binaryType;
    const text = domString(type);
    this.#binaryType = text === 'blob' || text === 'arraybuffer' ? text : current;
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
   * Sends a message (§3.1): text for a string, else the bytes, which are copied. If the connection is closing, this only
   * increases `bufferedAmount`.
   *
   * @throws DOMException named InvalidStateError while the connection is not open yet
   * @throws TypeError without data, or if it is shared or resizable
   */
  send(data: BrowserSendable): void {
    const socket = this.#socket;
    // biome-ignore lint/complexity/noArguments: an explicit undefined is converted to a string
    requireArguments(arguments, 'data');
    const message = copyBufferSource(data) ?? copyBlob(data) ?? usvString(data);
    if (socket.readyState === ReadyState.CONNECTING) {
      throw new DOMException(
        `WebSocket is not open: readyState ${describeReadyState(socket.readyState)}`,
        'InvalidStateError',
      );
    }
    const bytes = byteLengthOf(message);
    this.#bufferedAmount += bytes;
    socket.send(message, (error) => {
      // §3.1: bufferedAmount "does not reset to zero once the connection closes".
      if (error === undefined) this.#countSent(bytes);
    });
  }

  /**
   * Starts the closing handshake, or fails the opening handshake (§3.1). Messages that are received later are not delivered.
   *
   * @param code   1000 or 3000-4999. Default: 1000 with a reason, else none
   * @param reason at most 123 bytes of UTF-8. Default: none
   * @throws DOMException named InvalidAccessError for another code, or SyntaxError for a reason that is too long
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    const socket = this.#socket;
    const clamped = code === undefined ? undefined : clampedUnsignedShort(code);
    const text = reason === undefined ? undefined : usvString(reason);
    if (clamped !== undefined && clamped !== CloseCode.NORMAL_CLOSURE && !(clamped >= 3000 && clamped <= 4999)) {
      throw new DOMException(closeCodeFault(clamped, '1000, 3000-4999'), 'InvalidAccessError');
    }
    const bytes = text === undefined ? 0 : Buffer.byteLength(text);
    if (bytes > MAX_CLOSE_REASON) {
      const message = `Close reason is too long (limit ${MAX_CLOSE_REASON} bytes, received ${bytes})`;
      throw new DOMException(message, 'SyntaxError');
    }
    if (socket.readyState >= ReadyState.CLOSING) return;
    this.#closing = true;
    socket.close(clamped, text);
  }

  /** §3.1: `bufferedAmount` counts what had not been sent when the event loop began this task: microtasks belong to it. */
  #countSent(bytes: number): void {
    if (bytes > 0 && this.#sentBytes === 0) {
      setImmediate(() => {
        this.#bufferedAmount -= this.#sentBytes;
        this.#sentBytes = 0;
      });
    }
    this.#sentBytes += bytes;
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // "If ready state is not OPEN (1), then return."
    if (this.#socket.readyState !== ReadyState.OPEN) return;
    const event = new globalThis.MessageEvent('message', {
      data: isBinary ? toBinaryType(data, this.#binaryType) : decodeText(data as Buffer),
      origin: this.#origin,
    });
    // Node.js 20 leaves this to its caller (Web IDL §3.2.27).
    Object.freeze(event.ports);
    this.dispatchEvent(event);
  }
}

/**
 * Returns the subprotocols, of which none may occur twice (WHATWG WebSockets §3.1). As in web-platform-tests, those that differ
 * in case alone are the same here; Chromium accepts them. Yet the one that a server selects must match exactly.
 */
function distinct(protocols: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const protocol of protocols) {
    const name = protocol.toLowerCase();
    if (names.has(name)) throw new SyntaxError(`Subprotocol "${protocol}" is duplicated`);
    names.add(name);
  }
  return protocols;
}

const BrowserWebSocketInterface: typeof BrowserWebSocket = /* @__PURE__ */ webInterface(BrowserWebSocket, {
  identifier: 'WebSocket',
  constants: ReadyState,
});
type BrowserWebSocketInterface = BrowserWebSocket;

export { BrowserWebSocketInterface as BrowserWebSocket };
