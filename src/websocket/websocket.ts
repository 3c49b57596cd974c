import type { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { HandshakeError } from '../errors.ts';
import { type HandshakeOptions, OpeningHandshake, subprotocols, webSocketUrl } from './client.ts';
import {
  type Compression,
  compressionOptions,
  createCompression,
  type PerMessageDeflateOptions,
} from './compression.ts';
import { diagnostics } from './diagnostics.ts';
import { EventTargetEmitter, type WebSocketEvents } from './event-target.ts';
import type { Agreement } from './handshake/response.ts';
import { generateMaskingKey } from './masking-key.ts';
import { type BinaryType, inBinaryType, isBinaryType, lengthOf, payloadOf, type Sendable } from './message-data.ts';
import { type IteratedMessage, iterateMessages } from './message-iterator.ts';
import { type ConnectionLimits, type HeartbeatOptions, sessionOptions, supervisorOptions } from './options.ts';
import { Outgoing } from './outgoing.ts';
import { notOpen, type SendCallback, Session, type SessionListener, type SessionOptions } from './session.ts';
import { Supervisor } from './supervisor.ts';
import { CloseCode, isSendableCloseCode } from './wire/close-code.ts';
import { MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD } from './wire/frame.ts';
import type { GenerateMask, Payload } from './wire/frame-encoder.ts';
import { Opcode } from './wire/opcode.ts';

/** Options of a client. Every option of `https.request` is taken, too, such as `headers`, `agent` or `ca`. */
export interface ClientOptions extends ConnectionLimits, HeartbeatOptions, HandshakeOptions {
  /** Fills four bytes with a masking key. Default: from the system's random generator. For tests that repeat a run. */
  readonly generateMask?: GenerateMask | undefined;
  /** Whether, and how, permessage-deflate (RFC 7692) is offered. Default: true. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
}

export interface SendOptions {
  /** Whether the frame is a binary one. Default: true unless the data is a string. */
  readonly binary?: boolean | undefined;
  /** Whether this is the last fragment of the message. Default: true. */
  readonly fin?: boolean | undefined;
  /** Whether it is compressed, if permessage-deflate was agreed on. Default: true. */
  readonly compress?: boolean | undefined;
}

/** Gives a server's WebSocket its transport: for WebSocketServer alone, so the class shares it with this module only. */
export let acceptTransport: (
  webSocket: WebSocket,
  transport: Duplex,
  head: Buffer,
  agreement: Agreement,
  options: SessionOptions,
  compression: Compression | null,
  supervisor: Supervisor,
) => void;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

let warnedOfUnheardError = false;

/**
 * A WebSocket, a client's or one that a server accepted: the API of `ws` (an EventEmitter), and the WHATWG interface on
 * the same class. Data flows: socket -> session -> connection -> you, and back the same way.
 */
export class WebSocket extends EventTargetEmitter {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  #readyState: 0 | 1 | 2 | 3 = CONNECTING;
  #url = '';
  #protocol = '';
  #extensions = '';
  #binaryType: BinaryType = 'nodebuffer';
  #handshake: OpeningHandshake | null = null;
  #session: Session | null = null;
  #closedCleanly = false;
  #paused = false;
  /** Bytes that were given to `send()` when it was too late: the WHATWG standard counts them. */
  #unsentAmount = 0;
  #outgoing: Outgoing | null = null;

  /**
   * Connects to a server. 'open' or 'error' and 'close' follow.
   *
   * @param address   a URL with the scheme ws, wss, http or https; null for a WebSocket that a server will accept
   * @param protocols the subprotocols to offer, in order of preference
   * @throws SyntaxError for an invalid URL or subprotocol
   */
  constructor(address: string | URL | null, protocols?: string | readonly string[], options?: ClientOptions);
  constructor(address: string | URL, options: ClientOptions);
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions,
    options: ClientOptions = {},
  ) {
    super();
    if (address === null) return;
    if (isClientOptions(protocols)) this.#connect(address, undefined, protocols);
    else this.#connect(address, protocols, options);
  }

  /** 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
  get readyState(): 0 | 1 | 2 | 3 {
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
    return this.#unsentAmount + (this.#outgoing?.queuedAmount ?? 0);
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

  protected override get closedCleanly(): boolean {
    return this.#closedCleanly;
  }

  /**
   * Sends a message. Returns false under backpressure, and once it is too late; after the former, 'drain' follows.
   * A large Buffer is sent from where it stands: it must not change until the callback.
   *
   * @param callback called when the message was handed to the kernel, or with the error
   * @throws DOMException InvalidStateError while the connection is not open yet
   */
  send(data: Sendable, callback?: SendCallback): boolean;
  send(data: Sendable, options: SendOptions, callback?: SendCallback): boolean;
  send(data: Sendable, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    this.#requireConnected();
    const { binary, fin = true, compress = true } = typeof options === 'object' ? options : {};
    const callbackGiven = typeof options === 'function' ? options : callback;
    const payload = data instanceof Blob ? data : payloadOf(data);
    const isBinary = binary ?? typeof payload !== 'string';
    if (!this.#admits(payload, callbackGiven)) return false;
    if (diagnostics.send.hasSubscribers) {
      diagnostics.send.publish({ socket: this, length: lengthOf(payload), isBinary });
    }
    const message = { data: payload, binary: isBinary, fin, compress, callback: callbackGiven };
    const writable = this.#outgoing!.send(message);
    if (!writable && diagnostics.backpressure.hasSubscribers) {
      diagnostics.backpressure.publish({ socket: this, bufferedAmount: this.bufferedAmount });
    }
    return writable;
  }

  /**
   * Sends a ping, RFC 6455 §5.5.2; 'pong' will tell of the answer.
   *
   * @param data at most 125 bytes
   * @throws RangeError if it is longer; DOMException InvalidStateError while the connection is not open yet
   */
  ping(data?: Sendable, mask?: boolean, callback?: SendCallback): void;
  ping(data: Sendable | undefined, callback?: SendCallback): void;
  ping(callback?: SendCallback): void;
  ping(...args: ControlArguments): void {
    this.#sendControl(Opcode.PING, args);
  }

  /** Sends a pong that nobody asked for, §5.5.3. Otherwise as `ping()`. */
  pong(data?: Sendable, mask?: boolean, callback?: SendCallback): void;
  pong(data: Sendable | undefined, callback?: SendCallback): void;
  pong(callback?: SendCallback): void;
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
  close(code?: number, reason?: string | Buffer): void {
    const text = reason === undefined ? '' : reason.toString();
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
    if (this.#readyState === CONNECTING) return this.#abandonHandshake();
    if (this.#readyState === OPEN) this.#readyState = CLOSING;
    // §5.5.1: without a code there is no room for a reason.
    const sent = code === undefined && text !== '' ? CloseCode.NORMAL_CLOSURE : code;
    this.#outgoing?.inOrder(() => this.#session?.close(sent, text));
  }

  /** Ends the connection at once, without a closing handshake: 'close' follows with 1006. */
  terminate(): void {
    if (this.#readyState === CONNECTING) return this.#abandonHandshake();
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSING;
    this.#session?.terminate();
  }

  /**
   * Stops the delivery of messages at once, also of those that came in one chunk, and the reading of the socket, so that
   * the peer will have to wait. 'close' waits, too, when the peer ends the connection meanwhile.
   */
  pause(): void {
    if (this.#readyState === CONNECTING || this.#readyState === CLOSED) return;
    this.#paused = true;
    this.#session?.pause();
  }

  /** Goes on after `pause()`. */
  resume(): void {
    if (this.#readyState === CONNECTING || this.#readyState === CLOSED) return;
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
    acceptTransport = (webSocket, transport, head, agreement, options, compression, supervisor) => {
      webSocket.#open(transport, head, agreement, null, options, compression, supervisor);
    };
  }

  #connect(address: string | URL, protocols: string | readonly string[] | undefined, options: ClientOptions): void {
    const url = webSocketUrl(address);
    const {
      generateMask = generateMaskingKey,
      perMessageDeflate,
      heartbeatInterval,
      heartbeatTimeout,
      ...others
    } = options;
    const { connectionLimits, handshakeOptions } = separate(others);
    const session = sessionOptions(connectionLimits);
    const compression = compressionOptions(perMessageDeflate, true);
    const supervision = supervisorOptions({ heartbeatInterval, heartbeatTimeout, messageTimeout: 0 }, 0);
    const supervisor = supervision.heartbeatInterval === 0 ? null : new Supervisor(supervision);
    this.#url = url.href;
    const wishes = compression?.wishes ?? null;
    this.#handshake = new OpeningHandshake(url, subprotocols(protocols), wishes, handshakeOptions, {
      onOpen: (transport, head, agreement, response) => {
        this.#emit('upgrade', response);
        if (this.#readyState !== CONNECTING) return void transport.destroy();
        const { deflate } = agreement;
        const codec = deflate === null || compression === null ? null : createCompression(deflate, false, compression);
        this.#open(transport, head, agreement, generateMask, session, codec, supervisor);
      },
      onFail: (error) => this.#failHandshake(error),
      onUnexpectedResponse: (request: ClientRequest, response: IncomingMessage) =>
        this.#emit('unexpected-response', request, response),
      onRedirect: (target, request) => {
        this.#url = target;
        this.#emit('redirect', target, request);
      },
    });
  }

  #open(
    transport: Duplex,
    head: Buffer,
    agreement: Agreement,
    generateMask: GenerateMask | null,
    options: SessionOptions,
    compression: Compression | null,
    supervisor: Supervisor | null,
  ): void {
    this.#handshake = null;
    this.#protocol = agreement.protocol;
    this.#extensions = agreement.extensions.map(({ name }) => name).join(', ');
    this.#session = new Session(transport, head, this.#listener(), generateMask, options, compression, supervisor);
    this.#outgoing = new Outgoing(this.#session, compression, options.maxBackpressure);
    this.#readyState = OPEN;
    if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ socket: this });
    this.#emit('open');
  }

  #listener(): SessionListener {
    return {
      onMessage: (data, isBinary) => {
        if (diagnostics.message.hasSubscribers) {
          diagnostics.message.publish({ socket: this, length: data.length, isBinary });
        }
        this.#emit('message', isBinary ? inBinaryType(data, this.#binaryType) : data, isBinary);
      },
      onPing: (data) => this.#emit('ping', data),
      onPong: (data) => this.#emit('pong', data),
      onClosing: () => {
        if (this.#readyState === OPEN) this.#readyState = CLOSING;
      },
      onDrain: () => this.#emit('drain'),
      onError: (error) => this.#emitError(error),
      onClosed: (code, reason, clean) => {
        this.#closedCleanly = clean;
        this.#emitClose(code, reason);
      },
    };
  }

  #abandonHandshake(): void {
    const message = 'The WebSocket was closed before the connection was established';
    this.#handshake?.fail(new HandshakeError('WS_ERR_CLOSED_WHILE_CONNECTING', message, 0));
  }

  #failHandshake(error: Error): void {
    this.#readyState = CLOSING;
    // Never within a call of the application's: it may not have its listeners yet.
    process.nextTick(() => {
      this.#emitError(error);
      this.#emitClose(CloseCode.ABNORMAL_CLOSURE, Buffer.alloc(0));
    });
  }

  #requireConnected(): void {
    if (this.#readyState !== CONNECTING) return;
    throw new DOMException('The WebSocket is not open yet: readyState is 0 (CONNECTING)', 'InvalidStateError');
  }

  /** Whether something can be sent: it is not too late, and the peer takes what it is sent. */
  #admits(payload: Payload | Blob, callback: SendCallback | undefined): boolean {
    if (this.#readyState === OPEN && this.#outgoing!.admits()) return true;
    this.#unsentAmount += lengthOf(payload);
    if (callback !== undefined) process.nextTick(callback, notOpen());
    return false;
  }

  #sendControl(opcode: typeof Opcode.PING | typeof Opcode.PONG, args: ControlArguments): void {
    this.#requireConnected();
    const callback = args.find((argument) => typeof argument === 'function') as SendCallback | undefined;
    const data = typeof args[0] === 'function' ? undefined : (args[0] as Sendable | undefined);
    const payload = data === undefined || data instanceof Blob ? '' : payloadOf(data);
    const length = Buffer.byteLength(payload);
    if (length > MAX_CONTROL_PAYLOAD) {
      throw invalidArgument(
        RangeError,
        `The data of a control frame must not be longer than ${MAX_CONTROL_PAYLOAD} bytes, and has ${length}`,
      );
    }
    if (this.#admits(payload, callback)) this.#session!.send(opcode, payload, true, callback);
  }

  #emitClose(code: number, reason: Buffer): void {
    this.#readyState = CLOSED;
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
  #emit<K extends keyof WebSocketEvents>(type: K, ...args: WebSocketEvents[K]): boolean {
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

type ControlArguments = [(Sendable | SendCallback)?, (boolean | SendCallback)?, SendCallback?];

function isClientOptions(argument: unknown): argument is ClientOptions {
  return typeof argument === 'object' && argument !== null && !Array.isArray(argument);
}

function separate(options: ClientOptions): { connectionLimits: ConnectionLimits; handshakeOptions: HandshakeOptions } {
  const {
    maxPayload,
    maxFragments,
    maxBufferedChunks,
    skipUTF8Validation,
    autoPong,
    maxBackpressure,
    closeTimeout,
    ...handshakeOptions
  } = options;
  const sizes = { maxPayload, maxFragments, maxBufferedChunks, maxBackpressure };
  return { connectionLimits: { ...sizes, skipUTF8Validation, autoPong, closeTimeout }, handshakeOptions };
}

function invalidArgument(ErrorClass: typeof TypeError | typeof RangeError, message: string): Error {
  return Object.assign(new ErrorClass(message), { code: 'WS_ERR_INVALID_ARGUMENT' });
}
