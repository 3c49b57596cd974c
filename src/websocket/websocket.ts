import type { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CLIENT_HEARTBEAT_INTERVAL } from '../shared/defaults.ts';
import { ReadyState } from '../shared/ready-state.ts';
import { defineConstants, makeEnumerable } from '../shared/web-idl.ts';
import { ClientHandshake } from './client/client-handshake.ts';
import { type ClientOptions, isClientOptions, maskingKeys, splitClientOptions } from './client/client-options.ts';
import { generateMaskingKey } from './client/masking-key.ts';
import { parseWebSocketUrl, subprotocols, type WebSocketUrl } from './client/url.ts';
import { diagnostics } from './diagnostics.ts';
import { EventTargetEmitter, type WebSocketEmitterEvents } from './event-target.ts';
import type { Agreement } from './handshake/response.ts';
import { type IteratedMessage, iterateMessages } from './message-iterator.ts';
import { type Compression, compressionOptions, createCompression } from './session/compression.ts';
import { HandshakeError } from './session/errors.ts';
import {
  type BinaryType,
  isBinaryType,
  isPayload,
  lengthOf,
  payloadOf,
  type Sendable,
  toBinaryType,
} from './session/message-data.ts';
import { SendQueue } from './session/send-queue.ts';
import { type SendCallback, Session, type SessionListener, type SessionOptions } from './session/session.ts';
import { notOpen } from './session/session-errors.ts';
import { sessionOptions, supervisorOptions, type WebSocketOptions } from './session/session-options.ts';
import type { SharedMessage } from './session/shared-message.ts';
import { Supervisor } from './session/supervisor.ts';
import { CloseCode, isSendableCloseCode } from './wire/close-code.ts';
import { MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD } from './wire/frame.ts';
import type { Endpoint, Payload } from './wire/frame-encoder.ts';
import { Opcode } from './wire/opcode.ts';

export interface SendOptions {
  /** Whether the frame is a binary one. Default: true unless the data is a string. */
  readonly binary?: boolean | undefined;
  /** Whether this is the last fragment of the message. Default: true. */
  readonly fin?: boolean | undefined;
  /** Whether it is compressed, if permessage-deflate was agreed on. Default: true. */
  readonly compress?: boolean | undefined;
  /** Taken for the sake of `ws`; it has no effect: a client masks every frame, and a server none (RFC 6455 §5.1). */
  readonly mask?: boolean | undefined;
}

/** Sends to an open socket what others get, too: for `WebSocketServer.broadcast`. Returns whether it took the message. */
export let sendShared: (webSocket: WebSocket, message: SharedMessage) => boolean;

/**
 * Gives a server's WebSocket its transport: for WebSocketServer alone, so the class shares it with this module only.
 *
 * @param onClosed called before 'close' is emitted. No listener: those, the application may remove, and each takes memory
 */
export let acceptTransport: (
  webSocket: WebSocket,
  transport: Duplex,
  head: Buffer,
  agreement: Agreement,
  options: SessionOptions,
  compression: Compression | null,
  supervisor: Supervisor,
  onClosed: (webSocket: WebSocket) => void,
) => void;

let warnedOfUnheardError = false;

/**
 * A WebSocket, a client's or one that a server accepted: the API of `ws` (an EventEmitter), and the WHATWG interface on
 * the same class. Data flows: socket -> session -> connection -> you, and back the same way.
 */
export class WebSocket extends EventTargetEmitter {
  // Constants of the class and of its prototype: see below.
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  #readyState: ReadyState = ReadyState.CONNECTING;
  #url = '';
  #origin = '';
  #protocol = '';
  #extensions = '';
  #binaryType: BinaryType = 'nodebuffer';
  #handshake: ClientHandshake | null = null;
  #session: Session | null = null;
  #closedCleanly = false;
  #paused = false;
  /** Bytes that were given to `send()` when it was too late: the WHATWG standard counts them. */
  #unsentBytes = 0;
  #sendQueue: SendQueue | null = null;
  #transport: Duplex | null = null;
  #onClosed: ((webSocket: WebSocket) => void) | null = null;

  /**
   * Connects to a server. 'open' or 'error' and 'close' follow.
   *
   * @param address   a URL with the scheme ws, wss, http, https or ws+unix; null for one that a server will accept
   * @param protocols the subprotocols to offer, in order of preference
   * @throws SyntaxError for an invalid URL or subprotocol; TypeError or RangeError for an invalid option
   */
  constructor(address: string | URL | null, protocols?: string | readonly string[], options?: ClientOptions);
  constructor(address: string | URL, options: ClientOptions);
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions,
    options?: ClientOptions,
  ) {
    super();
    this._isServer = address === null;
    if (address === null) return;
    if (isClientOptions(protocols)) this.#connect(address, protocols.protocols, protocols);
    else this.#connect(address, protocols === undefined ? options?.protocols : protocols, options ?? {});
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
  get readyState(): ReadyState {
    return this.#readyState;
  }

  /** The URL that a client connected to, after redirects; empty in a server. */
  get url(): string {
    return this.#url;
  }

  /** The subprotocol that was agreed on; empty for none. */
  get protocol(): string {
    return this.#protocol;
  }

  /** The extensions that were agreed on; empty for none. */
  get extensions(): string {
    return this.#extensions;
  }

  /** Bytes that were sent and that the kernel does not have yet, frame headers included. */
  get bufferedAmount(): number {
    return this.#unsentBytes + (this.#sendQueue?.queuedBytes ?? 0);
  }

  /** The form in which binary messages come. Default: `nodebuffer`. Setting another value has no effect. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (isBinaryType(type)) this.#binaryType = type;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** The transport, for those who know it from `ws`; null before the connection is open. To write to it breaks the protocol. */
  get _socket(): Socket | null {
    // Mostly it is one.
    return this.#transport as Socket | null;
  }

  /** Whether it is a server's, for those who know it from `ws`: it can be changed before `setSocket()`. */
  _isServer = true;

  /** The request of a client's opening handshake, for those who know it from `ws`; null once that is over. */
  get _req(): ClientRequest | null {
    return this.#handshake?.request ?? null;
  }

  protected override get closedCleanly(): boolean {
    return this.#closedCleanly;
  }

  protected override get origin(): string {
    return this.#origin;
  }

  /**
   * Sends a message. Returns false under backpressure, and once it is too late; after the former, 'drain' follows.
   * A large Buffer is sent from where it stands: it must not change until the callback.
   *
   * @param callback called when the message was handed to the kernel, or with the error
   * @throws Error with the code WS_ERR_NOT_OPEN while the connection is not open yet
   */
  send(data: Sendable, callback?: SendCallback): boolean;
  send(data: Sendable, options: SendOptions, callback?: SendCallback): boolean;
  send(data: Sendable, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    this.#requireConnected();
    const { binary, fin = true, compress = true } = typeof options === 'object' ? options : {};
    const callbackGiven = typeof options === 'function' ? options : callback;
    const payload = payloadOf(data);
    const isBinary = binary ?? (typeof data !== 'string' && typeof data !== 'number');
    if (!this.#enforceBackpressure(payload, callbackGiven)) return false;
    if (diagnostics.send.hasSubscribers) {
      diagnostics.send.publish({ socket: this, length: lengthOf(payload), isBinary });
    }
    const message = { data: payload, binary: isBinary, fin, compress, callback: callbackGiven };
    const writable = this.#sendQueue!.send(message);
    if (!writable && diagnostics.backpressure.hasSubscribers) {
      diagnostics.backpressure.publish({ socket: this, bufferedAmount: this.#sendQueue!.queuedBytes });
    }
    return writable;
  }

  #sendShared(message: SharedMessage): boolean {
    if (this.#readyState !== ReadyState.OPEN || !this.#sendQueue!.enforceBackpressure()) return false;
    if (diagnostics.send.hasSubscribers) {
      diagnostics.send.publish({ socket: this, length: message.length, isBinary: message.binary });
    }
    this.#sendQueue!.sendShared(message);
    return true;
  }

  /**
   * Sends a ping, RFC 6455 §5.5.2; 'pong' will tell of the answer.
   *
   * @param data at most 125 bytes
   * @throws RangeError if it is longer; Error with the code WS_ERR_NOT_OPEN while the connection is not open yet
   */
  ping(data?: ControlData, mask?: boolean, callback?: ControlCallback): void;
  ping(data: ControlData, callback?: ControlCallback): void;
  ping(callback?: ControlCallback): void;
  ping(...args: ControlArguments): void {
    this.#sendControl(Opcode.PING, args);
  }

  /** Sends a pong that nobody asked for, §5.5.3. Otherwise as `ping()`. */
  pong(data?: ControlData, mask?: boolean, callback?: ControlCallback): void;
  pong(data: ControlData, callback?: ControlCallback): void;
  pong(callback?: ControlCallback): void;
  pong(...args: ControlArguments): void {
    this.#sendControl(Opcode.PONG, args);
  }

  /**
   * Starts the closing handshake, §7.1.2. 'close' follows when the transport is closed, after `closeTimeout` at the
   * latest. While the connection is not open yet, the opening handshake fails instead.
   *
   * @param code   1000-1003, 1007-1014 or 3000-4999 (§7.4). Default: none
   * @param reason at most 123 bytes of UTF-8
   * @throws TypeError or RangeError for a code that may not be sent, or a reason that is too long
   */
  close(code?: number, reason?: string | Uint8Array): void {
    const text = reasonText(reason);
    if (code !== undefined && (typeof code !== 'number' || !isSendableCloseCode(code))) {
      throw invalidArgument(TypeError, `The close code must be one that may be sent, and is ${String(code)}`);
    }
    if (Buffer.byteLength(text) > MAX_CLOSE_REASON) {
      const length = Buffer.byteLength(text);
      throw invalidArgument(
        RangeError,
        `The reason must not be longer than ${MAX_CLOSE_REASON} bytes, and has ${length}`,
      );
    }
    if (this.#readyState === ReadyState.CONNECTING) return this.#abandonHandshake();
    if (this.#readyState === ReadyState.OPEN) this.#readyState = ReadyState.CLOSING;
    // §5.5.1: without a code there is no room for a reason.
    const sent = code === undefined && text !== '' ? CloseCode.NORMAL_CLOSURE : code;
    this.#sendQueue?.runInOrder(() => this.#session?.close(sent, text));
  }

  /** Ends the connection at once, without a closing handshake: 'close' follows with 1006. */
  terminate(): void {
    if (this.#readyState === ReadyState.CONNECTING) return this.#abandonHandshake();
    if (this.#readyState === ReadyState.CLOSED) return;
    this.#readyState = ReadyState.CLOSING;
    this.#session?.terminate();
  }

  /**
   * Stops the delivery of messages at once, also of those that came in one chunk, and the reading of the socket, so that
   * the peer will have to wait. 'close' waits, too, when the peer ends the connection meanwhile.
   */
  pause(): void {
    if (this.#readyState === ReadyState.CONNECTING || this.#readyState === ReadyState.CLOSED) return;
    this.#paused = true;
    this.#session?.pause();
  }

  /** Goes on after `pause()`. */
  resume(): void {
    if (this.#readyState === ReadyState.CONNECTING || this.#readyState === ReadyState.CLOSED) return;
    this.#paused = false;
    this.#session?.resume();
  }

  /**
   * `for await (const message of socket)`: text as strings, bytes as `binaryType` says, one at a time; the peer has to
   * wait meanwhile. It ends with the connection, and throws what 'error' tells. To leave the loop leaves the socket open
   * and paused.
   */
  [Symbol.asyncIterator](): AsyncGenerator<IteratedMessage, void, undefined> {
    return iterateMessages(this);
  }

  static {
    acceptTransport = (webSocket, transport, head, agreement, options, compression, supervisor, onClosed) => {
      webSocket.#onClosed = onClosed;
      webSocket.#open(transport, head, agreement, { role: 'server' }, options, compression, supervisor);
    };
    sendShared = (webSocket, message) => webSocket.#sendShared(message);
  }

  /**
   * Opens a WebSocket that was made with null on a stream whose opening handshake was done elsewhere, for those who know it
   * from `ws`. A server's own sockets are opened by `WebSocketServer`.
   *
   * @param head bytes that came behind the handshake
   * @throws TypeError or RangeError that names the option and what it got
   */
  setSocket(transport: Duplex, head: Buffer, options: WebSocketOptions = {}): void {
    const agreement = { protocol: '', extensions: [], deflate: null };
    const endpoint: Endpoint = this._isServer
      ? { role: 'server' }
      : { role: 'client', generateMask: generateMaskingKey };
    this.#open(transport, head, agreement, endpoint, sessionOptions(options), null, null);
  }

  #connect(url: string | URL, protocols: string | readonly string[] | undefined, options: ClientOptions): void {
    const address: WebSocketUrl = parseWebSocketUrl(url);
    const {
      generateMask,
      perMessageDeflate,
      heartbeatInterval,
      heartbeatTimeout,
      finishRequest = (request) => void request.end(),
      protocols: _,
      ...others
    } = options;
    const { webSocketOptions, handshakeOptions } = splitClientOptions(others);
    const session = sessionOptions(webSocketOptions);
    const compression = compressionOptions(perMessageDeflate, true);
    const supervision = supervisorOptions(
      { heartbeatInterval, heartbeatTimeout, messageTimeout: 0 },
      DEFAULT_CLIENT_HEARTBEAT_INTERVAL,
    );
    const supervisor = supervision.heartbeatInterval === 0 ? null : new Supervisor(supervision);
    this.#moveTo(address.url);
    const preferences = compression?.preferences ?? null;
    this.#handshake = new ClientHandshake(address, subprotocols(protocols), preferences, handshakeOptions, {
      onRequest: (request) => finishRequest(request, this),
      onUpgrade: (response) => this.#emit('upgrade', response),
      onOpen: (transport, head, agreement) => {
        if (this.#readyState !== ReadyState.CONNECTING) return void transport.destroy();
        const { deflate } = agreement;
        const codec =
          deflate === null || compression === null ? null : createCompression(deflate, 'client', compression);
        const endpoint: Endpoint = { role: 'client', generateMask: maskingKeys(generateMask) };
        this.#open(transport, head, agreement, endpoint, session, codec, supervisor);
      },
      onFail: (error) => this.#failHandshake(error),
      onUnexpectedResponse: (request: ClientRequest, response: IncomingMessage) =>
        this.#emit('unexpected-response', request, response),
      inspectsRedirects: () => this.listenerCount('redirect') > 0,
      onRedirect: (target, request) => {
        this.#moveTo(target);
        this.#emit('redirect', target.href, request);
      },
    });
    this.#handshake.start(address);
  }

  #moveTo(url: URL): void {
    this.#url = url.href;
    // Each MessageEvent has it.
    this.#origin = url.origin;
  }

  #open(
    transport: Duplex,
    head: Buffer,
    agreement: Agreement,
    endpoint: Endpoint,
    options: SessionOptions,
    compression: Compression | null,
    supervisor: Supervisor | null,
  ): void {
    this.#handshake = null;
    this.#transport = transport;
    this.#protocol = agreement.protocol;
    this.#extensions = agreement.extensions.map(({ name }) => name).join(', ');
    const listener = new WebSocket.#Listener(this);
    this.#session = new Session(transport, head, listener, endpoint, options, compression, supervisor);
    this.#sendQueue = new SendQueue(this.#session, compression, options.maxBackpressure);
    this.#readyState = ReadyState.OPEN;
    if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ socket: this });
    this.#emit('open');
  }

  /** A class, and not an object of closures: there is one for each of thousands of connections. */
  static readonly #Listener = class implements SessionListener {
    readonly #webSocket: WebSocket;

    constructor(webSocket: WebSocket) {
      this.#webSocket = webSocket;
    }

    onMessage(data: Buffer, isBinary: boolean): void {
      const webSocket = this.#webSocket;
      if (diagnostics.message.hasSubscribers) {
        diagnostics.message.publish({ socket: webSocket, length: data.length, isBinary });
      }
      webSocket.#emit('message', isBinary ? toBinaryType(data, webSocket.#binaryType) : data, isBinary);
    }

    onPing(data: Buffer): void {
      this.#webSocket.#emit('ping', data);
    }

    onPong(data: Buffer): void {
      this.#webSocket.#emit('pong', data);
    }

    onClosing(): void {
      const webSocket = this.#webSocket;
      if (webSocket.#readyState === ReadyState.OPEN) webSocket.#readyState = ReadyState.CLOSING;
    }

    onDrain(): void {
      this.#webSocket.#emit('drain');
    }

    onError(error: Error): void {
      this.#webSocket.#emitError(error);
    }

    onClosed(code: number, reason: Buffer, clean: boolean): void {
      this.#webSocket.#closedCleanly = clean;
      this.#webSocket.#emitClose(code, reason);
    }
  };

  #abandonHandshake(): void {
    const message = 'WebSocket was closed before the connection was established';
    this.#handshake?.fail(new HandshakeError('WS_ERR_CLOSED_WHILE_CONNECTING', message, 0));
  }

  #failHandshake(error: Error): void {
    this.#readyState = ReadyState.CLOSING;
    // Never within a call of the application's: it may not have its listeners yet.
    process.nextTick(() => {
      this.#emitError(error);
      this.#emitClose(CloseCode.ABNORMAL_CLOSURE, Buffer.alloc(0));
    });
  }

  #requireConnected(): void {
    if (this.#readyState === ReadyState.CONNECTING) throw notOpen(ReadyState.CONNECTING);
  }

  /** Whether something can be sent: it is not too late, and the peer takes what it is sent. */
  #enforceBackpressure(payload: Payload | Blob, callback: SendCallback | undefined): boolean {
    if (this.#readyState === ReadyState.OPEN && this.#sendQueue!.enforceBackpressure()) return true;
    this.#unsentBytes += lengthOf(payload);
    if (callback !== undefined) process.nextTick(callback, notOpen(this.#readyState));
    return false;
  }

  #sendControl(opcode: typeof Opcode.PING | typeof Opcode.PONG, args: ControlArguments): void {
    this.#requireConnected();
    const callback = args.find((argument) => typeof argument === 'function') as SendCallback | undefined;
    const data = typeof args[0] === 'function' ? undefined : (args[0] as Sendable | undefined);
    const payload = data === undefined ? '' : payloadOf(data);
    const length = lengthOf(payload);
    if (length > MAX_CONTROL_PAYLOAD) {
      throw invalidArgument(
        RangeError,
        `The data of a control frame must not be longer than ${MAX_CONTROL_PAYLOAD} bytes, and has ${length}`,
      );
    }
    if (!this.#enforceBackpressure(payload, callback)) return;
    const session = this.#session!;
    if (isPayload(payload)) {
      session.send(opcode, payload, true, callback);
    } else {
      payload.arrayBuffer().then((bytes) => session.send(opcode, new Uint8Array(bytes), true, callback), callback);
    }
  }

  #emitClose(code: number, reason: Buffer): void {
    this.#readyState = ReadyState.CLOSED;
    this.#onClosed?.(this);
    if (diagnostics.close.hasSubscribers) {
      diagnostics.close.publish({ socket: this, code, reason: reason.toString() });
    }
    this.#emit('close', code, reason);
  }

  #emitError(error: Error): void {
    if (diagnostics.error.hasSubscribers) diagnostics.error.publish({ socket: this, error });
    if (this.listenerCount('error') > 0) {
      this.#emit('error', error);
    } else if (!warnedOfUnheardError) {
      // An 'error' without a listener would end the process: a peer must not be able to do that.
      warnedOfUnheardError = true;
      process.emitWarning(`A WebSocket without an 'error' listener failed (told once only): ${error.message}`);
    }
  }

  /** Emits; what a listener throws goes to the process as an uncaught exception, and doesn't break the connection. */
  #emit<K extends keyof WebSocketEmitterEvents>(type: K, ...args: WebSocketEmitterEvents[K]): boolean {
    try {
      return (this as EventEmitter).emit(type, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
      return true;
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: as in the types of `ws`
type ControlData = any;
type ControlCallback = (error: Error) => void;
type ControlArguments = [ControlData?, (boolean | ControlCallback)?, ControlCallback?];

function reasonText(reason: string | Uint8Array | undefined): string {
  if (reason === undefined || typeof reason === 'string') return reason ?? '';
  if (reason instanceof Uint8Array) return Buffer.from(reason.buffer, reason.byteOffset, reason.length).toString();
  throw invalidArgument(TypeError, `The reason must be a string or a Uint8Array, and is of type ${typeof reason}`);
}

function invalidArgument(ErrorClass: typeof TypeError | typeof RangeError, message: string): Error {
  return Object.assign(new ErrorClass(message), { code: 'WS_ERR_INVALID_ARGUMENT' });
}

defineConstants(WebSocket, ReadyState);
makeEnumerable(WebSocket, 'binaryType bufferedAmount extensions isPaused protocol readyState url'.split(' '));
