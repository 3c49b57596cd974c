import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { webSocketOption } from '../shared/option-validation.ts';
import { setOwnProperty } from '../shared/own-property.ts';
import { ReadyState } from '../shared/ready-state.ts';
import { webInterface } from '../shared/web-idl.ts';
import { ClientHandshake } from './client/client-handshake.ts';
import { type ClientOptionsOf, clientSettings, isClientOptions } from './client/client-options.ts';
import { establishedTransport } from './client/established-transport.ts';
import { parseSubprotocols, parseWebSocketUrl } from './client/url.ts';
import { diagnostics } from './events/diagnostics.ts';
import { emitOrFail } from './events/emit-safely.ts';
import { EventTargetEmitter } from './events/event-target-emitter.ts';
import { HandshakeError } from './handshake/handshake-error.ts';
import { type IteratedMessage, iterateMessages } from './message-iterator.ts';
import {
  type ControlArguments,
  type ControlCallback,
  type ControlData,
  readCloseArguments,
  readControlArguments,
  readSendCallback,
  readSendOptions,
  requireControlLength,
  type SendOptions,
} from './method-arguments.ts';
import { failLater, notOpen } from './session/failures.ts';
import { type BinaryType, byteLengthOf, isBinaryType, type Sendable, toPayload } from './session/message-data.ts';
import type { OpenTransport } from './session/open-transport.ts';
import type { SendCallback } from './session/send-callbacks.ts';
import { SendQueue } from './session/send-queue.ts';
import { Session } from './session/session.ts';
import type { WebSocketOptions } from './session/session-options.ts';
import type { SharedMessage } from './session/shared-message.ts';
import { SocketState } from './socket-state.ts';
import type { Payload } from './wire/frame-encoder.ts';
import { Opcode } from './wire/opcode.ts';

/**
 * Options of a client. Every option of `https.request` is accepted, too, such as `headers`, `agent` or `ca`. Its option `signal`
 * aborts the opening handshake only: to end an open connection, call `close()` or `terminate()`.
 */
export interface ClientOptions extends ClientOptionsOf<WebSocket> {}

/**
 * A WebSocket, of a client or accepted by a server. It has the API of `ws` (it is an EventEmitter) and the WHATWG interface.
 * Data flows from the transport through the session and the connection to the listeners, and back the same way.
 */
class WebSocket extends EventTargetEmitter<WebSocket> {
  // Constants of the class and of its prototype, defined below.
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  readonly #state = new SocketState<WebSocket>(this);
  #url = '';
  #protocol = '';
  #extensions = '';
  #handshake: ClientHandshake | null = null;
  #session: Session | null = null;
  #paused = false;
  /** Bytes passed to `send()` when the connection was no longer open. The WHATWG standard counts them in `bufferedAmount`. */
  #unsentBytes = 0;
  #sendQueue: SendQueue | null = null;
  #transport: Duplex | null = null;

  /**
   * Connects to a server (RFC 6455 §4.1). The event 'open' follows, or 'error' and 'close'.
   *
   * @param url       a URL with the scheme ws, wss, http, https or ws+unix; null for a server's socket
   * @param protocols the subprotocols to offer, in order of preference. Default: the option of this name
   * @throws SyntaxError with the code WS_ERR_INVALID_URL or WS_ERR_INVALID_PROTOCOL for an invalid URL or subprotocol
   * @throws TypeError or RangeError with the code WS_ERR_INVALID_OPTION for an invalid option
   */
  constructor(url: string | URL, options?: ClientOptions);
  constructor(url: string | URL | null, protocols?: string | readonly string[], options?: ClientOptions);
  constructor(
    url: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions,
    options?: ClientOptions,
  ) {
    super();
    this._isServer = url === null;
    if (url === null) return;
    if (isClientOptions(protocols)) {
      this.#connect(url, protocols.protocols ?? undefined, protocols);
    } else {
      const given = webSocketOption.object('options', options);
      this.#connect(url, protocols === undefined ? (given.protocols ?? undefined) : protocols, given);
    }
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#state.readyState;
  }

  /** The URL that a client connected to, after redirects, or that of a redirect that failed; empty on a server. */
  get url(): string {
    return this.#url;
  }

  /** The subprotocol in use; empty for none. */
  get protocol(): string {
    return this.#protocol;
  }

  /** The extensions in use; empty for none. */
  get extensions(): string {
    return this.#extensions;
  }

  /**
   * Bytes passed to `send()` that the kernel has not accepted yet, without frame headers: text in UTF-8, messages as compressed.
   * 0 if the kernel accepts a message at once. After 'close', the bytes passed to `send()` when the connection was no longer open.
   */
  get bufferedAmount(): number {
    return this.#unsentBytes + (this.#sendQueue?.bufferedAmount ?? 0);
  }

  /** The type in which binary messages are delivered. Default: `nodebuffer`. Setting an unknown type has no effect. */
  get binaryType(): BinaryType {
    return this.#state.binaryType;
  }

  set binaryType(type: BinaryType) {
    const state = this.#state;
    if (isBinaryType(type)) state.binaryType = type;
  }

  /** Whether `pause()` is in effect. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /** The transport: any Duplex, with the type of `ws`. Null before the connection is open. Writing to it breaks the protocol. */
  get _socket(): Socket | null {
    return this.#transport as Socket | null;
  }

  /** Whether this is the server's side, as in `ws`. It may be changed before `setSocket()` is called. */
  _isServer = true;

  /** The request of the opening handshake, as in `ws`; null on a server, and once the handshake is complete. */
  get _req(): ClientRequest | null {
    return this.#handshake?.request ?? null;
  }

  /** The error of 'error'; or WS_ERR_CONNECTION_LOST if the network connection broke, which emits 'close' alone; else null. */
  get failure(): Error | null {
    return this.#state.failure;
  }

  set failure(value: Error | null) {
    setOwnProperty(this, 'failure', value);
  }

  /** @internal */
  protected override get _socketState(): SocketState<WebSocket> {
    return this.#state;
  }

  /**
   * Sends a message (RFC 6455 §6.1). Returns false under backpressure: 'drain' follows. Also returns false if the connection
   * is closing or closed: the message is not sent.
   *
   * A large Buffer is not copied: it must not change before the callback is called.
   *
   * @param callback called when the message has been handed to the kernel, or with an error
   * @throws Error with the code WS_ERR_NOT_OPEN while the connection is not open yet
   * @throws TypeError with the code WS_ERR_INVALID_ARGUMENT for data, options or a callback of the wrong type;
   *         WS_ERR_INVALID_OPTION for an option that is not a boolean
   */
  // A subclass that was written for `ws` may return nothing.
  send(data: Sendable, callback?: SendCallback): boolean | void;
  send(data: Sendable, options: SendOptions, callback?: SendCallback): boolean | void;
  send(data: Sendable, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    this.#requireConnected();
    const { binary, fin, compress } = readSendOptions(options);
    const onSent = readSendCallback(typeof options === 'function' ? options : callback);
    const payload = toPayload(data);
    const isBinary = binary ?? (typeof data !== 'string' && typeof data !== 'number');
    if (!this.#enforceBackpressure(payload, onSent)) return false;
    if (diagnostics.send.hasSubscribers) {
      diagnostics.send.publish({ socket: this, length: byteLengthOf(payload), isBinary });
    }
    const message = { data: payload, binary: isBinary, fin: fin ?? true, compress: compress ?? true, callback: onSent };
    const writable = this.#sendQueue!.send(message);
    if (!writable && diagnostics.backpressure.hasSubscribers) {
      diagnostics.backpressure.publish({ socket: this, bufferedAmount: this.bufferedAmount });
    }
    return writable;
  }

  /**
   * Sends a ping (RFC 6455 §5.5.2). The event 'pong' follows when the peer answers.
   *
   * @param data at most 125 bytes
   * @throws RangeError with the code WS_ERR_INVALID_ARGUMENT if the data is longer
   * @throws Error with the code WS_ERR_NOT_OPEN while the connection is not open yet
   */
  ping(data?: ControlData, mask?: boolean | ControlCallback, callback?: ControlCallback): void;
  ping(...args: ControlArguments): void {
    this.#sendControl(Opcode.PING, args);
  }

  /** Sends an unsolicited pong (RFC 6455 §5.5.3). The arguments and errors are those of `ping()`. */
  pong(data?: ControlData, mask?: boolean | ControlCallback, callback?: ControlCallback): void;
  pong(...args: ControlArguments): void {
    this.#sendControl(Opcode.PONG, args);
  }

  /**
   * Starts the closing handshake (RFC 6455 §7.1.2). The event 'close' follows, after `closeTimeout` at the latest. Before the
   * connection is open, this fails the opening handshake.
   *
   * @param code   1000-1003, 1007-1014 or 3000-4999 (§7.4). Default: none, or 1000 if there is a reason
   * @param reason at most 123 bytes of UTF-8. Default: none
   * @throws TypeError for a reserved code, RangeError for a reason that is too long: with the code WS_ERR_INVALID_ARGUMENT,
   *   if the connection is open
   */
  close(code?: number, reason?: string | Uint8Array): void {
    const { readyState } = this.#state;
    if (readyState === ReadyState.CONNECTING) return this.#abortHandshake();
    // As in `ws`: a program may pass on the code of another connection, such as 1006, to one that is closed already.
    if (readyState !== ReadyState.OPEN) return;
    const [sentCode, sentReason] = readCloseArguments(code, reason);
    this.#state.readyState = ReadyState.CLOSING;
    this.#sendQueue?.runInOrder(() => this.#session?.close(sentCode, sentReason));
  }

  /**
   * Destroys the transport without a closing handshake. Messages that the kernel does not accept at once are not sent. The event
   * 'close' follows with the code 1006. Before the connection is open, this fails the opening handshake.
   */
  terminate(): void {
    if (this.#state.readyState === ReadyState.CONNECTING) return this.#abortHandshake();
    if (this.#state.readyState === ReadyState.CLOSED) return;
    this.#state.readyState = ReadyState.CLOSING;
    this.#session?.terminate();
  }

  /**
   * Stops delivering messages at once, and stops reading from the transport, so that the peer has to wait. If the peer ends
   * the connection meanwhile, 'close' waits for `resume()`. There is no heartbeat meanwhile.
   */
  pause(): void {
    if (this.#state.readyState === ReadyState.CONNECTING || this.#state.readyState === ReadyState.CLOSED) return;
    this.#paused = true;
    this.#session?.pause();
  }

  /** Continues after `pause()`. */
  resume(): void {
    if (this.#state.readyState === ReadyState.CONNECTING || this.#state.readyState === ReadyState.CLOSED) return;
    this.#paused = false;
    this.#session?.resume();
  }

  /**
   * For `for await (const message of socket)`: yields text as strings, and binary data as `binaryType` selects. The socket
   * is paused while the loop body runs. When the connection is closed, the loop ends after all messages that have arrived. If the
   * connection failed, even before the loop, the loop throws the error. If the loop is left, the socket stays open and paused.
   */
  [Symbol.asyncIterator](): AsyncGenerator<IteratedMessage, void, undefined> {
    return iterateMessages(this, this.#state);
  }

  /**
   * Opens the WebSocket of a server, which may be that of the other module format: so this is not a private member.
   *
   * @param beforeClose called before 'close' is emitted
   * @internal
   */
  _acceptTransport(open: OpenTransport, beforeClose: (webSocket: WebSocket) => void): void {
    this.#state.beforeClose = beforeClose;
    this.#open(open);
  }

  /**
   * Sends a message of a broadcast. Returns false under backpressure: 'drain' follows. Returns null if the connection is not open,
   * or has been terminated for backpressure: the message is not sent.
   *
   * @internal
   */
  _sendShared(message: SharedMessage): boolean | null {
    const sendQueue = this.#sendQueue;
    if (sendQueue === null || this.#state.readyState !== ReadyState.OPEN) return null;
    if (!sendQueue.enforceBackpressure()) return null;
    if (diagnostics.send.hasSubscribers) {
      diagnostics.send.publish({ socket: this, length: message.payloadBytes, isBinary: message.binary });
    }
    return sendQueue.sendShared(message);
  }

  /**
   * Opens a WebSocket that was created with null, on a stream whose opening handshake is complete. It exists for code that
   * was written for `ws`: WebSocketServer opens its sockets itself.
   *
   * @param head bytes that were received after the opening handshake
   * @throws TypeError or RangeError for an invalid option
   */
  setSocket(transport: Duplex, head: Buffer, options: WebSocketOptions = {}): void {
    this.#open(establishedTransport(transport, head, this._isServer, options));
  }

  #connect(url: string | URL, protocols: string | readonly string[] | undefined, options: ClientOptions): void {
    const target = parseWebSocketUrl(url);
    const settings = clientSettings(options);
    const finishRequest = webSocketOption.callback('finishRequest', options.finishRequest);
    this.#setUrl(target.url);
    const handshake: ClientHandshake = new ClientHandshake(target, parseSubprotocols(protocols), settings, {
      onRequest: (request) => {
        if (finishRequest === undefined) request.end();
        else finishRequest.call(options, request, this);
      },
      onUpgrade: (response) => emitOrFail(this, handshake, 'upgrade', response),
      onOpen: (open) => {
        if (this.#state.readyState === ReadyState.CONNECTING) this.#open(open);
        else open.transport.destroy();
      },
      onFail: (error) => this.#state.fail(error),
      onUnexpectedResponse: (request: ClientRequest, response: IncomingMessage) =>
        emitOrFail(this, handshake, 'unexpected-response', request, response),
      inspectsRedirects: () => this.listenerCount('redirect') > 0,
      onUrl: (redirectUrl) => this.#setUrl(redirectUrl),
      onRedirect: ({ href }, request) => emitOrFail(this, handshake, 'redirect', href, request),
    });
    this.#handshake = handshake;
    handshake.start(target);
  }

  #setUrl(url: URL): void {
    this.#url = url.href;
    // Stored, because each MessageEvent has it.
    this.#state.origin = url.origin;
  }

  #open(open: OpenTransport): void {
    const { transport, agreement, compression, options, supervisor } = open;
    this.#handshake = null;
    this.#transport = transport;
    this.#protocol = agreement.protocol;
    this.#extensions = agreement.extensions.map(({ name }) => name).join(', ');
    this.#session = new Session(open, this.#state);
    this.#sendQueue = new SendQueue(this.#session, compression, options.maxBackpressure, supervisor);
    this.#state.open();
  }

  #abortHandshake(): void {
    const message = 'WebSocket was closed before the connection was established';
    this.#handshake?.fail(new HandshakeError('WS_ERR_CLOSED_WHILE_CONNECTING', message, 0));
  }

  #requireConnected(): void {
    if (this.#state.readyState === ReadyState.CONNECTING) throw notOpen(ReadyState.CONNECTING);
  }

  /**
   * Returns whether the payload may be sent: the connection is open, and `maxBackpressure` is not exceeded. Otherwise, counts
   * the payload as unsent, and passes an error to the callback.
   */
  #enforceBackpressure(payload: Payload | Blob, callback: SendCallback | undefined): boolean {
    if (this.#state.readyState === ReadyState.OPEN && this.#sendQueue!.enforceBackpressure()) return true;
    this.#unsentBytes += byteLengthOf(payload);
    const { readyState, failure } = this.#state;
    if (callback !== undefined) failLater(callback, notOpen(readyState, failure));
    return false;
  }

  #sendControl(opcode: typeof Opcode.PING | typeof Opcode.PONG, args: ControlArguments): void {
    this.#requireConnected();
    const [payload, callback] = readControlArguments(args);
    if (!this.#enforceBackpressure(payload, callback)) return;
    requireControlLength(payload);
    this.#sendQueue!.sendControl(opcode, payload, callback);
  }
}

const WebSocketInterface: typeof WebSocket = /* @__PURE__ */ webInterface(WebSocket, {
  constants: ReadyState,
  members:
    'binaryType bufferedAmount extensions isPaused protocol readyState url onopen onmessage onclose onerror ' +
    'addEventListener removeEventListener',
});
type WebSocketInterface = WebSocket;

export { WebSocketInterface as WebSocket };
