import type { EventEmitter } from 'node:events';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { DEFAULT_SHUTDOWN_TIMEOUT } from '../../shared/defaults.ts';
import { webSocketOption } from '../../shared/option-validation.ts';
import { setOwnProperty } from '../../shared/own-property.ts';
import { isOriginAllowed } from '../handshake/origin.ts';
import type { Refusal } from '../handshake/refusal.ts';
import type { Offer } from '../handshake/request.ts';
import { readCloseArguments } from '../method-arguments.ts';
import { createCompression } from '../session/compression.ts';
import type { Sendable } from '../session/message-data.ts';
import type { Metrics } from '../session/metrics.ts';
import { hasSession, type OpenTransport } from '../session/open-transport.ts';
import { Supervisor } from '../session/supervisor.ts';
import { WebSocket } from '../websocket.ts';
import { CloseCode } from '../wire/close-code.ts';
import { broadcast } from './broadcast.ts';
import type { Hook } from './hook-errors.ts';
import { RefusedClients } from './refused-clients.ts';
import { Emitter } from './server-events.ts';
import {
  type BroadcastOptions,
  isGiven,
  type ServerOptions,
  type ServerSettings,
  SHUTDOWN_NAMES,
  type ShutdownOptions,
  serverSettings,
} from './server-options.ts';
import {
  afterEarlierResponses,
  attach,
  claim,
  decline,
  isAnswered,
  isShared,
  returnToHttp,
} from './shared-http-server.ts';
import { createStandaloneHttpServer } from './standalone-http-server.ts';
import { UpgradeAttempt } from './upgrade-attempt.ts';
import {
  acceptRequest,
  answerOf,
  checkCapacity,
  checkLines,
  checkRequest,
  hasPath,
  offersOtherProtocol,
  SERVER_CLOSING,
} from './upgrade-decision.ts';

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

/**
 * Accepts WebSocket connections: the server's side of the opening handshake (RFC 6455 §4.2), on the event 'upgrade' of
 * node:http.
 *
 * @typeParam Socket  the class of the sockets
 * @typeParam Request the class of the requests
 */
export class WebSocketServer<
  Socket extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends Emitter<InstanceType<Socket>, InstanceType<Request>> {
  /** The options that were passed to the constructor. Later changes take effect for functions and `path` only. */
  options: ServerOptions<Socket, Request>;
  /** The open connections. It is undefined if `clientTracking` is false, which the types of `ws` omit. */
  clients: Set<InstanceType<Socket>>;
  readonly #settings: ServerSettings;
  readonly #supervisor: Supervisor;
  /** The open connections, regardless of `clientTracking`. */
  readonly #connections = new Set<InstanceType<Socket>>();
  readonly #waiting = new Set<UpgradeAttempt>();
  readonly #refused: RefusedClients;
  /** The HTTP server while it emits 'upgrade'; null while the application calls `handleUpgrade()` itself. */
  #notifying: HttpServer | HttpsServer | null = null;
  readonly #WebSocket: Socket;
  #server: HttpServer | HttpsServer | null = null;
  readonly #ownsServer: boolean;
  #removeListeners: () => void = () => {};
  #serverIsClosed = false;
  /** As in `ws`, with `clientTracking: false`, `close()` does not wait for connections of an HTTP server of the application. */
  #waitsForConnections: boolean;
  #state: typeof RUNNING | typeof CLOSING | typeof CLOSED = RUNNING;
  /** One function for all connections. */
  readonly #beforeClose = (webSocket: WebSocket): void => {
    this.#connections.delete(webSocket as InstanceType<Socket>);
    this.clients?.delete(webSocket as InstanceType<Socket>);
    process.nextTick(() => this.#closeIfDone());
  };

  /**
   * @param callback called on 'listening', with the option `port` only
   * @throws TypeError unless exactly one of `port`, `server` and `noServer` is given; TypeError or RangeError for an
   *         invalid option. The code is WS_ERR_INVALID_OPTION
   */
  constructor(options?: ServerOptions<Socket, Request>, callback?: () => void) {
    super();
    options = webSocketOption.object('options', options);
    webSocketOption.callback('callback', callback);
    const { port, server } = options;
    this.options = options;
    this.#settings = serverSettings(options, new.target !== WebSocketServer);
    this.#supervisor = new Supervisor(this.#settings.supervisor);
    this.#refused = new RefusedClients(this as unknown as EventEmitter, this.#supervisor.counters);
    this.clients = this.#settings.clientTracking ? new Set() : (undefined as never);
    this.#WebSocket = (options.WebSocket ?? WebSocket) as Socket;
    this.#ownsServer = isGiven(port);
    this.#waitsForConnections = this.#ownsServer || this.#settings.clientTracking;

    if (this.#ownsServer) this.#server = createStandaloneHttpServer(this.#settings.handshakeTimeout);
    else if (isGiven(server)) this.#server = server as HttpServer;
    if (this.#server !== null) this.#listenTo(this.#server);
    if (this.#ownsServer) this.#server!.listen({ port, host: options.host, backlog: options.backlog }, callback);
  }

  /** The option `path`, as in the types of `ws`; empty for none. */
  get path(): string {
    return this.options.path ?? '';
  }
  // NestJS, for example, has a property of its own of this name.
  set path(value: string) {
    setOwnProperty(this, 'path', value);
  }

  /** The HTTP server, as in `ws`; null with `noServer`, and after `close()`. */
  get _server(): HttpServer | HttpsServer | null {
    return this.#server;
  }

  /**
   * The address of the HTTP server; null while it does not listen.
   *
   * @throws Error with `noServer`
   */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.#server?.address() ?? null;
  }

  /**
   * Stops accepting connections. With `port`, this closes the HTTP server. Open connections stay open. The event 'close'
   * follows when all of them are closed; without `port` and with `clientTracking: false`, it does not wait for them.
   *
   * @param callback called on 'close', with an Error if the server was closed before
   */
  close(callback?: (error?: Error) => void): void {
    if (this.#state === CLOSED) {
      if (callback) this.once('close', () => callback(new Error('The server is not running')));
      process.nextTick(() => this.emit('close'));
      return;
    }
    if (callback) this.once('close', callback);
    if (this.#state === CLOSING) return;
    this.#state = CLOSING;

    this.#removeListeners();
    for (const attempt of this.#waiting) attempt.refuse(SERVER_CLOSING);
    const closed = (): void => this.#serverClosed();
    // The HTTP server also waits for upgraded sockets, whether they are in `clients` or not.
    if (this.#ownsServer) this.#server!.close(closed);
    else process.nextTick(closed);
    this.#server = null;
  }

  /**
   * Stops accepting connections, closes those that are open, and resolves when all are closed. Connections that are still
   * open after `timeout` are terminated. With `port`, this closes the HTTP server, too. RFC 6455 §7.1.2.
   *
   * @throws TypeError or RangeError for an invalid option: the Promise is rejected
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    options = webSocketOption.options('shutdown()', options, SHUTDOWN_NAMES);
    const { code = CloseCode.GOING_AWAY, reason = '' } = options;
    // Before the first connection is closed, and also if there is none.
    readCloseArguments(code, reason, 'WS_ERR_INVALID_OPTION');
    const timeout = webSocketOption.milliseconds('timeout', options.timeout, DEFAULT_SHUTDOWN_TIMEOUT);
    this.#waitsForConnections = true;
    // `close()` has not waited for connections: 'close' is emitted once more.
    if (this.#state === CLOSED && this.#connections.size > 0) this.#state = CLOSING;
    const closed = new Promise<void>((resolve) => {
      if (this.#state === CLOSED) resolve();
      else this.once('close', resolve);
    });
    const ownServer = this.#ownsServer ? this.#server : null;
    for (const socket of this.#connections) {
      // A paused socket would not receive the peer's Close frame.
      socket.resume();
      socket.close(code, reason);
    }
    if (this.#state !== CLOSED) this.close();
    ownServer?.closeIdleConnections();
    const force = setTimeout(() => {
      for (const socket of this.#connections) socket.terminate();
      this.#refused.destroy();
      ownServer?.closeAllConnections();
    }, timeout);
    await closed;
    clearTimeout(force);
  }

  /**
   * Sends a message to all open connections. It is encoded once, and compressed once for all connections without context
   * takeover. For each connection with context takeover, it is compressed again, which takes 5 to 10 us for a small message, unless
   * `compressOnce` is set. As with `send()`, a connection that exceeds `maxBackpressure` is terminated.
   *
   * @param data text or bytes, which may be changed afterwards
   * @returns the number of connections to which the message was sent
   * @throws TypeError with the code WS_ERR_INVALID_OPTION for a Blob, which cannot be read synchronously
   */
  broadcast(data: Exclude<Sendable, Blob>, options: BroadcastOptions<InstanceType<Socket>> = {}): number {
    return broadcast(this.#connections, data, options);
  }

  /** Returns totals since the server was created, and current values. */
  metrics(): Metrics {
    return this.#supervisor.metrics(this.#waiting.size);
  }

  /**
   * Returns whether the server handles a request: whether its path is the option `path`. A subclass may override this method.
   */
  shouldHandle(request: InstanceType<Request>): boolean | Promise<boolean> {
    const { path } = this.options;
    return !path || hasPath(request.url ?? '', path);
  }

  /**
   * Answers an upgrade request (RFC 6455 §4.2), after the earlier requests on the connection. With `noServer`, call it in a
   * listener of the HTTP server's event 'upgrade'.
   *
   * @param head     bytes that were received after the request
   * @param callback called with the open WebSocket, to emit 'connection'
   * @throws Error if a WebSocket already uses the socket
   */
  handleUpgrade(
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: (socket: InstanceType<Socket>, request: InstanceType<Request>) => void,
  ): void {
    if (hasSession(socket)) {
      throw new Error('handleUpgrade() was called more than once with the same socket. Is there more than one server?');
    }
    const server = this.#notifying;
    const result = checkRequest(request);
    if ('refusal' in result) {
      const other = server !== null && !this.#ownsServer && offersOtherProtocol(request);
      if (other && returnToHttp(server, request, socket, head)) return;
    }
    afterEarlierResponses(socket, request, () => {
      // Meanwhile, it may have been called again.
      if (hasSession(socket) || isAnswered(server, socket)) return;
      this.#answerUpgrade(server, result, request, socket, head, callback);
    });
  }

  #answerUpgrade(
    server: HttpServer | HttpsServer | null,
    result: ReturnType<typeof checkRequest>,
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: (socket: InstanceType<Socket>, request: InstanceType<Request>) => void,
  ): void {
    const shared = server !== null && isShared(server);
    if ('refusal' in result) {
      if (shared) claim(socket);
      return this.#refused.refuse(result.refusal, request, socket);
    }
    const { origin: policy, verifyClient } = this.options;
    const { handshakeTimeout } = this.#settings;
    const secure = (socket as TLSSocket).encrypted === true;
    const refuse = (refusal: Refusal): void => this.#refused.refuse(refusal, request, socket);
    let handles: boolean | Promise<boolean>;
    try {
      handles = answerOf(this.shouldHandle(request));
    } catch (error) {
      return this.#refused.hookFailed('shouldHandle', error, request, socket);
    }
    if (shared && handles === true) claim(socket);
    // An override may have edited the header fields.
    const isOverridden = this.shouldHandle !== WebSocketServer.prototype.shouldHandle;
    const read = isOverridden && handles === true ? checkRequest(request) : result;
    if ('refusal' in read) return refuse(read.refusal);
    const { offer, origin, host } = read;
    if (handles === true && !isGiven(policy) && !isGiven(verifyClient)) {
      return this.#accept(offer, request, socket, head, callback);
    }
    const attempt = new UpgradeAttempt(socket, this.#waiting, handshakeTimeout, {
      claim: () => !shared || handles === true || claim(socket),
      onAccept: () => this.#accept(offer, request, socket, head, callback),
      checkCapacity: () => this.#checkCapacity(),
      onOtherServer: (refusal) => {
        if (!shared) refuse(refusal);
        else decline(socket, server, handshakeTimeout, () => refuse(refusal));
      },
      onRefusal: refuse,
      onRejection: (status, text, headers) => this.#refused.respond(request, socket, status, text, headers),
      onHookError: (hook, error) => this.#refused.hookFailed(hook, error, request, socket),
      onLateHookError: (hook, error) => this.#refused.hookFailedLate(hook, error),
    });
    attempt.decide({
      handles,
      allowsOrigin: isGiven(policy) ? () => isOriginAllowed(policy, origin, host, secure) : null,
      verifyClient: isGiven(verifyClient) ? verifyClient.bind(this.options) : null,
      information: { origin: origin as string, secure, req: request },
    });
  }

  /** Returns why there is no room for a further client; null if there is. Clients about which the application decides count. */
  #checkCapacity(): Refusal | null {
    const clients = this.#supervisor.openConnections + this.#waiting.size;
    return checkCapacity(this.#state === RUNNING, clients, this.#settings.maxConnections);
  }

  #accept(
    offer: Offer,
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: (socket: InstanceType<Socket>, request: InstanceType<Request>) => void,
  ): void {
    // The client may have disconnected while the application decided.
    if (!socket.readable || !socket.writable || socket.destroyed) return void socket.destroy();
    const { compression, session } = this.#settings;
    const refusal = this.#checkCapacity();
    if (refusal !== null) return this.#refused.refuse(refusal, request, socket);
    const { options } = this;
    const choose = options.handleProtocols;
    const chooseProtocol = choose ? (protocols: Set<string>) => choose.call(options, protocols, request) : null;
    let result: ReturnType<typeof acceptRequest>;
    let webSocket: InstanceType<Socket>;
    let hook: Hook = 'handleProtocols';
    try {
      result = acceptRequest(offer, chooseProtocol, compression);
      if ('invalidProtocol' in result) return this.#refused.invalidProtocol(result.invalidProtocol, request, socket);
      hook = 'headers';
      if (this.emit('headers', result.lines, request)) checkLines(result.lines);
      hook = 'WebSocket';
      // As in `ws`, the constructor of an application's subclass receives the options.
      webSocket = new this.#WebSocket(null, undefined, options as object) as InstanceType<Socket>;
    } catch (error) {
      return this.#refused.hookFailed(hook, error, request, socket);
    }
    // One of these functions may have closed the server.
    const lateRefusal = this.#checkCapacity();
    if (lateRefusal !== null) return this.#refused.refuse(lateRefusal, request, socket);
    const { agreement, lines } = result;
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    const open: OpenTransport = {
      transport: socket,
      head,
      agreement,
      endpoint: { role: 'server' },
      options: session,
      compression: createCompression(agreement.deflate, 'server', compression),
      supervisor: this.#supervisor,
    };
    // Before 'open', whose listener may call shutdown().
    this.#connections.add(webSocket);
    webSocket._acceptTransport(open, this.#beforeClose);
    this.clients?.add(webSocket);
    callback(webSocket, request);
  }

  #listenTo(server: HttpServer | HttpsServer): void {
    this.#removeListeners = attach<InstanceType<Request>>(server, {
      listening: () => void this.emit('listening'),
      error: (error) => void this.emit('error', error),
      upgrade: (request, socket, head) => {
        if (isAnswered(server, socket)) return;
        this.#notifying = server;
        try {
          this.handleUpgrade(request, socket, head, (webSocket) => this.emit('connection', webSocket, request));
        } finally {
          this.#notifying = null;
        }
      },
    });
  }

  #serverClosed(): void {
    this.#serverIsClosed = true;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#state !== CLOSING || !this.#serverIsClosed) return;
    if (this.#waitsForConnections && this.#connections.size > 0) return;
    this.#state = CLOSED;
    this.emit('close');
  }
}
