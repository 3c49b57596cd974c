import { EventEmitter } from 'node:events';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import {
  DEFAULT_HANDSHAKE_TIMEOUT,
  DEFAULT_HEARTBEAT_INTERVAL,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_SHUTDOWN_TIMEOUT,
} from '../../shared/defaults.ts';
import { webSocketOption } from '../../shared/option-validation.ts';
import type { TypedEmitter } from '../../shared/typed-emitter.ts';
import { acceptOffer } from '../handshake/deflate-negotiation.ts';
import { type HeaderFields, headerFields, singleValue } from '../handshake/header.ts';
import { isOriginAllowed } from '../handshake/origin.ts';
import { Refusal } from '../handshake/refusal.ts';
import { type Offer, readRequest } from '../handshake/request.ts';
import { responseHeaders } from '../handshake/response.ts';
import { type CompressionOptions, compressionOptions, createCompression } from '../session/compression.ts';
import { HandshakeError } from '../session/errors.ts';
import { payloadOf, type Sendable } from '../session/message-data.ts';
import { hasSession, type SessionOptions } from '../session/session.ts';
import { sessionOptions, supervisorOptions } from '../session/session-options.ts';
import { SharedMessage } from '../session/shared-message.ts';
import { type Metrics, Supervisor } from '../session/supervisor.ts';
import { acceptTransport, sendShared, WebSocket } from '../websocket.ts';
import { CloseCode } from '../wire/close-code.ts';
import { rejectUpgrade } from './reject-upgrade.ts';
import type {
  BroadcastOptions,
  ServerOptions,
  ShutdownOptions,
  VerifyCallback,
  VerifyClient,
  VerifyClientSync,
  VerifyInformation,
  WebSocketServerEvents,
} from './server-options.ts';
import { createStandaloneHttpServer } from './standalone-http-server.ts';

/** Seconds after which a client may try again that was refused because there were too many. */
const RETRY_AFTER = 5;

const RUNNING = 0;
const CLOSING = 1;
const CLOSED = 2;

const Emitter: new <Socket extends WebSocket, Request extends IncomingMessage>() => TypedEmitter<
  WebSocketServerEvents<Socket, Request>
> = EventEmitter as never;

/**
 * Accepts WebSocket connections: the server's side of RFC 6455 §4.2, on the `upgrade` event of node:http.
 *
 * @typeParam Socket  the class of the sockets
 * @typeParam Request the class of the requests
 */
export class WebSocketServer<
  Socket extends typeof WebSocket = typeof WebSocket,
  Request extends typeof IncomingMessage = typeof IncomingMessage,
> extends Emitter<InstanceType<Socket>, InstanceType<Request>> {
  readonly options: ServerOptions<Socket, Request>;
  /** The open connections. It is undefined if `clientTracking` is off, which the types of `ws` do not say either. */
  readonly clients: Set<InstanceType<Socket>>;
  readonly #sessionOptions: SessionOptions;
  readonly #compression: CompressionOptions | null;
  readonly #supervisor: Supervisor;
  readonly #maxConnections: number;
  readonly #handshakeTimeout: number;
  /** All open connections, whether `clients` is kept or not. */
  readonly #connections = new Set<InstanceType<Socket>>();
  readonly #WebSocket: Socket;
  #server: HttpServer | HttpsServer | null = null;
  readonly #ownsServer: boolean;
  #removeListeners: () => void = () => {};
  #serverIsClosed = false;
  #state: typeof RUNNING | typeof CLOSING | typeof CLOSED = RUNNING;
  /** One function for all connections. */
  readonly #onClosed = (webSocket: InstanceType<Socket>): void => {
    this.#connections.delete(webSocket);
    this.clients?.delete(webSocket);
    process.nextTick(() => this.#closeIfDone());
  };

  /**
   * @param callback called once when the server listens, with `port` only
   * @throws TypeError unless exactly one of `port`, `server` and `noServer` is given; RangeError for invalid limits
   */
  constructor(options?: ServerOptions<Socket, Request>, callback?: () => void) {
    super();
    options ??= {};
    const { port, server, noServer } = options;
    if (Number(isGiven(port)) + Number(Boolean(server)) + Number(Boolean(noServer)) !== 1) {
      throw Object.assign(new TypeError('Exactly one of the options port, server and noServer must be given'), {
        code: 'WS_ERR_INVALID_OPTION',
      });
    }
    webSocketOption.string('path', options.path);
    this.options = options;
    this.#sessionOptions = sessionOptions(options);
    this.#compression = compressionOptions(options.perMessageDeflate, false);
    this.#supervisor = new Supervisor(supervisorOptions(options, DEFAULT_HEARTBEAT_INTERVAL));
    this.#maxConnections = webSocketOption.limit('maxConnections', options.maxConnections, DEFAULT_MAX_CONNECTIONS);
    const { handshakeTimeout } = options;
    this.#handshakeTimeout = webSocketOption.milliseconds(
      'handshakeTimeout',
      handshakeTimeout,
      DEFAULT_HANDSHAKE_TIMEOUT,
    );
    this.clients = webSocketOption.boolean('clientTracking', options.clientTracking, true)
      ? new Set()
      : (undefined as never);
    this.#WebSocket = options.WebSocket ?? (WebSocket as Socket);
    this.#ownsServer = isGiven(port);

    if (this.#ownsServer) this.#server = createStandaloneHttpServer(this.#handshakeTimeout);
    else if (server) this.#server = server;
    if (this.#server !== null) this.#listenTo(this.#server);
    if (this.#ownsServer) this.#server!.listen({ port, host: options.host, backlog: options.backlog }, callback);
  }

  /** The HTTP server, for those who know it from `ws`; null with `noServer`, and after `close()`. */
  get _server(): HttpServer | HttpsServer | null {
    return this.#server;
  }

  /** The address of the underlying server; null while it doesn't listen. With `noServer` there is none: an Error. */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.#server?.address() ?? null;
  }

  /**
   * Takes no more connections. A server that was made for `port` is closed; one of the application's is not. Open
   * connections stay: close them, or wait for them. 'close' follows when all are gone.
   *
   * @param callback called with 'close'; if the server is closed already, that is emitted again, and there is an error
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
    const server = this.#server;
    this.#server = null;
    if (server !== null && this.#ownsServer) {
      // HTTP's own count has the upgraded sockets, too: this waits for the clients, tracked or not.
      server.close(() => this.#serverClosed());
    } else {
      process.nextTick(() => this.#serverClosed());
    }
  }

  /**
   * Takes no more connections, closes those that are open, and waits for them: resolves when all are gone, after
   * `timeout` at the latest. With `port`, the HTTP server is closed, too; one of the application's is its own.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const { code = CloseCode.GOING_AWAY, reason = '' } = options;
    const timeout = webSocketOption.milliseconds('timeout', options.timeout, DEFAULT_SHUTDOWN_TIMEOUT);
    const closed =
      this.#state === CLOSED ? Promise.resolve() : new Promise<void>((resolve) => this.once('close', resolve));
    const server = this.#server;
    for (const socket of this.#connections) {
      // A paused one would not hear the answer.
      socket.resume();
      socket.close(code, reason);
    }
    if (this.#state !== CLOSED) this.close();
    if (server !== null && this.#ownsServer) server.closeIdleConnections();
    const force = setTimeout(() => {
      for (const socket of this.#connections) socket.terminate();
      if (server !== null && this.#ownsServer) server.closeAllConnections();
    }, timeout);
    await closed;
    clearTimeout(force);
  }

  /**
   * Sends a message to every open connection. It is framed once, and the same bytes go to all of them; only where
   * compression was agreed on, and pays, each connection has its own. A connection that does not read is ended as by
   * `send()`: by `maxBackpressure`.
   *
   * @param data text, or bytes, which may be changed afterwards
   * @returns to how many it was sent
   * @throws TypeError for a Blob, which cannot be read at once
   */
  broadcast(data: Exclude<Sendable, Blob>, options: BroadcastOptions<InstanceType<Socket>> = {}): number {
    if ((data as unknown) instanceof Blob) throw webSocketOption.error(TypeError, 'data', 'text or bytes', data);
    const { binary = typeof data !== 'string' && typeof data !== 'number', compress = true, filter } = options;
    const message = new SharedMessage(payloadOf(data), binary, compress);
    let count = 0;
    for (const socket of this.#connections) {
      if ((filter === undefined || filter(socket)) && sendShared(socket, message)) count++;
    }
    return count;
  }

  /** Counts since the server was made. */
  metrics(): Metrics {
    return this.#supervisor.metrics();
  }

  /** Whether a request is for this server: by `path`. To be overridden. */
  shouldHandle(request: InstanceType<Request>): boolean | Promise<boolean> {
    return !this.options.path || pathOf(request.url ?? '') === this.options.path;
  }

  /**
   * Answers an upgrade request: for `noServer`, from a listener of the HTTP server's 'upgrade' event.
   *
   * @param head     the bytes that came behind the request
   * @param callback called with the open WebSocket; emit 'connection' there
   * @throws Error if the socket was handed to a WebSocket before
   */
  handleUpgrade(
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: (socket: InstanceType<Socket>, request: InstanceType<Request>) => void,
  ): void {
    if (hasSession(socket)) {
      throw new Error('handleUpgrade() was called more than once with the same socket: is there more than one server?');
    }
    const { method = '', httpVersion } = request;
    const headers = fieldsOf(request);
    const result = readRequest({ method, httpVersion, headers });
    if ('refusal' in result) return this.#refuse(result.refusal, socket, request);
    if (!this.shouldHandle(request)) return this.#refuse(Refusal.PATH, socket, request);
    const origin = singleValue(headers, 'origin');
    const host = singleValue(headers, 'host')!;
    if (isGiven(this.options.origin) && !isOriginAllowed(this.options.origin, origin, host)) {
      return this.#refuse(Refusal.ORIGIN, socket, request);
    }

    const { offer } = result;
    const { verifyClient } = this.options;
    if (!verifyClient) return this.#accept(offer, request, socket, head, callback);
    socket.on('error', destroy);
    const information = { origin: origin as string, secure: Boolean((socket as TLSSocket).encrypted), req: request };
    this.#verify(verifyClient, information, socket, (verified, code = 401, message, extraHeaders) => {
      if (verified) {
        socket.off('error', destroy);
        return this.#accept(offer, request, socket, head, callback);
      }
      this.#supervisor.refused++;
      rejectUpgrade(socket, code, message ?? Refusal.UNAUTHORIZED.text, extraHeaders);
    });
  }

  /** Asks the application, which may answer later, but once, and not too late. */
  #verify(
    verifyClient: VerifyClient<InstanceType<Request>>,
    information: VerifyInformation<InstanceType<Request>>,
    socket: Duplex,
    answer: VerifyCallback,
  ): void {
    if (verifyClient.length < 2) {
      return answer(Boolean((verifyClient as VerifyClientSync<InstanceType<Request>>)(information)));
    }
    let answered = false;
    const once: VerifyCallback = (...result) => {
      if (answered) return;
      answered = true;
      clearTimeout(timer);
      answer(...result);
    };
    const timeout = this.#handshakeTimeout;
    const timer =
      timeout === 0 ? undefined : setTimeout(once, timeout, false, 503, 'The client was not verified in time');
    // A client that has left needs no answer.
    socket.once('close', () => clearTimeout(timer));
    verifyClient(information, once);
  }

  #accept(
    offer: Offer,
    request: InstanceType<Request>,
    socket: Duplex,
    head: Buffer,
    callback: (socket: InstanceType<Socket>, request: InstanceType<Request>) => void,
  ): void {
    // The client may have left while it was verified.
    if (!socket.readable || !socket.writable || socket.destroyed) return void socket.destroy();
    if (this.#state !== RUNNING) return this.#refuseBusy(socket, 'The server is closing');
    if (this.#supervisor.openConnections >= this.#maxConnections) {
      return this.#refuseBusy(
        socket,
        `There are as many connections as maxConnections, which is ${this.#maxConnections}`,
      );
    }

    let protocol = offer.protocols[0] ?? '';
    const { handleProtocols } = this.options;
    if (handleProtocols && offer.protocols.length > 0) {
      protocol = handleProtocols(new Set(offer.protocols), request) || '';
      // §4.2.2: "selecting one of the values from the |Sec-WebSocket-Protocol| field".
      if (protocol !== '' && !offer.protocols.includes(protocol)) {
        rejectUpgrade(socket, 500, 'The server chose a subprotocol that was not offered');
        return void this.emit(
          'wsClientError',
          new HandshakeError('WS_ERR_INVALID_PROTOCOL', `handleProtocols chose "${protocol}", not offered`, 500),
          socket,
          request,
        );
      }
    }
    const options = this.#compression;
    const acceptance = options === null ? null : acceptOffer(offer.extensions, options.preferences);
    const deflate = acceptance?.parameters ?? null;
    const compression = deflate === null || options === null ? null : createCompression(deflate, 'server', options);
    const extensions = acceptance === null ? [] : [acceptance.response];
    const lines = ['HTTP/1.1 101 Switching Protocols', ...responseHeaders(offer.key, protocol, extensions)];
    this.emit('headers', lines, request);
    socket.write([...lines, '', ''].join('\r\n'));

    // The options are for a constructor of the application's, as with `ws`.
    const webSocket = new this.#WebSocket(null, undefined, this.options as object) as InstanceType<Socket>;
    const agreement = { protocol, extensions, deflate };
    const supervisor = this.#supervisor;
    const onClosed = this.#onClosed as (webSocket: WebSocket) => void;
    acceptTransport(webSocket, socket, head, agreement, this.#sessionOptions, compression, supervisor, onClosed);
    this.#connections.add(webSocket);
    this.clients?.add(webSocket);
    callback(webSocket, request);
  }

  /** RFC 7231 §6.6.4: the client may come again later. */
  #refuseBusy(socket: Duplex, text: string): void {
    this.#supervisor.refused++;
    rejectUpgrade(socket, 503, text, { 'Retry-After': RETRY_AFTER });
  }

  #refuse(refusal: Refusal, socket: Duplex, request: InstanceType<Request>): void {
    this.#supervisor.refused++;
    const { code, status, text, headers } = refusal;
    if (this.listenerCount('wsClientError') > 0) {
      socket.on('error', destroy);
      this.emit('wsClientError', new HandshakeError(code, text, status, headers), socket, request);
    } else {
      rejectUpgrade(socket, status, text, headers);
    }
  }

  #listenTo(server: HttpServer | HttpsServer): void {
    const onListening = (): void => void this.emit('listening');
    const onError = (error: Error): void => void this.emit('error', error);
    const onUpgrade = (request: InstanceType<Request>, socket: Duplex, head: Buffer): void =>
      this.handleUpgrade(request, socket, head, (webSocket) => this.emit('connection', webSocket, request));
    server.on('listening', onListening);
    server.on('error', onError);
    server.on('upgrade', onUpgrade);
    this.#removeListeners = () => {
      server.off('listening', onListening);
      server.off('error', onError);
      server.off('upgrade', onUpgrade);
    };
  }

  #serverClosed(): void {
    this.#serverIsClosed = true;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#state !== CLOSING || !this.#serverIsClosed || this.#connections.size > 0) return;
    this.#state = CLOSED;
    this.emit('close');
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}

/**
 * The header fields of a request. One that was made and not parsed, as the tests of frameworks do it, may have `headers`
 * alone; where Host is missing there, it is nobody's fault on the network.
 */
function fieldsOf(request: IncomingMessage): HeaderFields {
  if (request.rawHeaders !== undefined) return headerFields(request.rawHeaders);
  // Not looked at before: node:http makes them when somebody does.
  const entries = Object.entries({ host: 'localhost', ...request.headers });
  return headerFields(entries.flatMap(([name, value]) => [value].flat().flatMap((line) => [name, String(line)])));
}

/** `ws` documents null as the default of many options. */
function isGiven<T>(option: T | null | undefined): option is T {
  return option !== undefined && option !== null;
}

/** The path of a request target, which may be a whole URL (RFC 6455 §4.2.1, item 1). */
function pathOf(target: string): string {
  const withoutOrigin = target.replace(/^https?:\/\/[^/?]*/i, '');
  const end = withoutOrigin.search(/[?#]/);
  return (end === -1 ? withoutOrigin : withoutOrigin.slice(0, end)) || '/';
}
