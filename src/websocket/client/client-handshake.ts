import { randomBytes } from 'node:crypto';
import {
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { basicCredentials } from '../../shared/http/basic-credentials.ts';
import { anonymousHeaders, anonymousOptions } from '../../shared/http/cross-origin-redirect.ts';
import { withMessage } from '../../shared/http/network-error.ts';
import { serverName } from '../../shared/http/server-name.ts';
import { patientTimeout } from '../../shared/patient-timeout.ts';
import { makeOffer } from '../handshake/deflate-negotiation.ts';
import { formatExtensions } from '../handshake/extension.ts';
import { HandshakeError } from '../handshake/handshake-error.ts';
import { headerFields } from '../handshake/header.ts';
import { DRAFT_VERSION } from '../handshake/refusal.ts';
import { type Agreement, readResponse } from '../handshake/response.ts';
import { createCompression } from '../session/compression.ts';
import type { OpenTransport } from '../session/open-transport.ts';
import { Supervisor } from '../session/supervisor.ts';
import type { ClientSettings } from './client-options.ts';
import { enterQueue } from './handshake-queue.ts';
import { singleUseAgent } from './single-use-agent.ts';
import { redirectedUrl, type WebSocketUrl } from './url.ts';

/** Receives the events of an opening handshake. Nothing follows `onOpen` or `onFail`. */
export interface HandshakeListener {
  /** A request is ready to be sent: the listener must end it. */
  onRequest(request: ClientRequest): void;
  /** A response with status 101 was received. It has not been validated. */
  onUpgrade(response: IncomingMessage): void;
  onOpen(open: OpenTransport): void;
  onFail(error: Error): void;
  /** A response with another status was received. Returns true if the application handles it. */
  onUnexpectedResponse(request: ClientRequest, response: IncomingMessage): boolean;
  /** Returns true if the application inspects each redirect and removes credentials itself. */
  inspectsRedirects(): boolean;
  /** A redirect leads to this URL, which may be invalid. */
  onUrl(url: URL): void;
  /** A redirect is about to be followed. */
  onRedirect(url: URL, request: ClientRequest): void;
}

/** A client's opening handshake (RFC 6455 §4.1), on top of `http.request` or `https.request`. */
export class ClientHandshake {
  /** The first target, with whose host each redirect is compared. */
  readonly #target: WebSocketUrl;
  readonly #protocols: readonly string[];
  readonly #settings: ClientSettings;
  readonly #listener: HandshakeListener;
  /** Header fields of the application. If a redirect removes some, the next redirect does not restore them. */
  #headers: OutgoingHttpHeaders;
  /** Options for `https.request`. If a redirect removes some, the next redirect does not restore them. */
  #options: RequestOptions;
  #timer: NodeJS.Timeout | undefined;
  #request: ClientRequest | undefined;
  #redirects = 0;
  /** Whether a redirect has removed credentials. */
  #isAnonymous = false;
  /** Lets the next handshake with the same host begin. */
  #leaveQueue: (() => void) | undefined;
  #ended = false;

  constructor(
    target: WebSocketUrl,
    protocols: readonly string[],
    settings: ClientSettings,
    listener: HandshakeListener,
  ) {
    this.#target = target;
    this.#protocols = protocols;
    this.#settings = settings;
    this.#listener = listener;
    const { headers, auth } = settings.handshake;
    this.#headers = withCredentials(headersObject(headers), target.url, auth);
    this.#options = settings.handshake.request;
  }

  /** The current request. */
  get request(): ClientRequest | undefined {
    return this.#request;
  }

  /**
   * Sends the request, or waits for other handshakes first.
   *
   * @throws Error of `https.request` for an invalid option, or what `onRequest` throws. Then nothing is left open. After waiting, the
   *         handshake fails with this error instead
   */
  start(target: WebSocketUrl): void {
    if (this.#settings.handshake.serializes && target.socketPath === undefined) {
      const { waits, leave } = enterQueue(target.hostname, target.port, () => this.#startAfterOthers(target));
      this.#leaveQueue = leave;
      if (waits) return;
    }
    this.#start(target);
  }

  #startAfterOthers(target: WebSocketUrl): void {
    try {
      this.#start(target);
    } catch (error) {
      this.#listener.onFail(error as Error);
    }
  }

  #start(target: WebSocketUrl): void {
    // First, because it may throw.
    try {
      this.#send(target);
    } catch (error) {
      this.#end();
      this.#request?.destroy();
      throw error;
    }
    const { timeout } = this.#settings.handshake;
    if (timeout === 0 || this.#ended) return;
    this.#timer = patientTimeout(() => {
      this.fail(new HandshakeError('WS_ERR_HANDSHAKE_TIMEOUT', 'Opening handshake has timed out', 0));
    }, timeout);
  }

  /** Ends the handshake and its connection. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#end();
    this.#request?.destroy();
    this.#listener.onFail(error);
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#leaveQueue?.();
  }

  #send(target: WebSocketUrl): void {
    const { origin, version, deflate } = this.#settings.handshake;
    const key = randomBytes(16).toString('base64');
    const { agent, createConnection } = this.#options;
    const hasNone = agent === undefined && createConnection === undefined;
    // A `createConnection` without an agent chooses the name itself.
    const needsName = target.secure && (agent !== undefined || hasNone);
    const request = (target.secure ? requestHttps : requestHttp)({
      ...(needsName ? { servername: serverName(target.hostname) } : {}),
      // An agent of the application may read it.
      defaultPort: target.secure ? 443 : 80,
      ...this.#options,
      agent: hasNone ? singleUseAgent(target.secure) : agent,
      method: 'GET',
      host: target.hostname,
      port: target.port,
      socketPath: target.socketPath,
      path: target.path,
      headers: {
        ...this.#headers,
        ...originHeader(origin, version),
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': key,
        'Sec-WebSocket-Version': version,
        ...(deflate === null ? {} : { 'Sec-WebSocket-Extensions': formatExtensions([makeOffer(deflate)]) }),
        ...(this.#protocols.length === 0 ? {} : { 'Sec-WebSocket-Protocol': this.#protocols.join(', ') }),
      },
    });
    this.#request = request;
    // Passed on as it is: programs check its `code`, such as ECONNREFUSED.
    request.on('error', (error) => this.fail(withMessage(error)));
    request.on('upgrade', (response, socket, head) => this.#switchProtocols(response, socket, head, key));
    request.on('response', (response) => this.#receiveResponse(target, request, response, key));
    if (this.#redirects > 0) this.#listener.onRedirect(target.url, request);
    if (!this.#ended) this.#listener.onRequest(request);
  }

  #switchProtocols(response: IncomingMessage, socket: Duplex, head: Buffer, key: string): void {
    // Needed until a session takes over the socket.
    const onError = (error: Error): void => this.fail(error);
    socket.on('error', onError);
    this.#listener.onUpgrade(response);
    const agreement = this.#readAgreement(response.rawHeaders, key);
    if (agreement === undefined) {
      socket.destroy();
      return;
    }
    this.#end();
    socket.off('error', onError);
    const { generateMask, session, compression, supervisor } = this.#settings;
    this.#listener.onOpen({
      transport: socket,
      head,
      agreement,
      endpoint: { role: 'client', generateMask },
      options: session,
      compression: createCompression(agreement.deflate, 'client', compression),
      supervisor: supervisor === null ? null : new Supervisor(supervisor),
    });
  }

  /** @param message replaces the text of the error */
  #readAgreement(rawHeaders: readonly string[], key: string, message?: string): Agreement | undefined {
    const offer = { key, protocols: this.#protocols, deflate: this.#settings.handshake.deflate };
    const result = readResponse(headerFields(rawHeaders), offer);
    if (!this.#ended && 'agreement' in result) return result.agreement;
    if ('invalid' in result) this.fail(new HandshakeError(result.invalid.code, message ?? result.invalid.text, 101));
    return undefined;
  }

  /** Handles a response that node:http does not treat as an upgrade. */
  #receiveResponse(target: WebSocketUrl, request: ClientRequest, response: IncomingMessage, key: string): void {
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    // RFC 9110 §15.4: a client may follow Location "even if the specific status code is not understood".
    if (this.#settings.handshake.followRedirects && status >= 300 && status < 400 && location) {
      this.#redirect(target, request, location, status);
    } else if (!this.#listener.onUnexpectedResponse(request, response)) {
      const message = `Unexpected server response: ${status}`;
      // Without `Upgrade` or `Connection`, node:http treats a 101 like any other response.
      if (status === 101) this.#readAgreement(response.rawHeaders, key, message);
      this.fail(new HandshakeError('WS_ERR_UNEXPECTED_RESPONSE', message, status, flatHeaders(response)));
    }
  }

  #redirect(from: WebSocketUrl, request: ClientRequest, location: string, status: number): void {
    if (++this.#redirects > this.#settings.handshake.maxRedirects) {
      return this.fail(new HandshakeError('WS_ERR_TOO_MANY_REDIRECTS', 'Maximum redirects exceeded', status));
    }
    request.on('error', () => {});
    request.destroy();
    try {
      const to = redirectedUrl(from, location, this.#listener.onUrl);
      const inspects = this.#listener.inspectsRedirects();
      if (!isTrusted(this.#target, to)) {
        this.#options = anonymousOptions(this.#options);
        if (!inspects) {
          this.#headers = anonymousHeaders(this.#headers);
          this.#isAnonymous = true;
        }
      }
      if (inspects || !this.#isAnonymous) this.#headers = withCredentials(this.#headers, to.url);
      // It throws, for example, if the agent of the application is for the other scheme.
      this.#send(to);
    } catch (error) {
      this.fail(error as Error);
    }
  }
}

/** Adds `Authorization` for the credentials of the URL or of `auth`, unless there is one. */
function withCredentials(headers: OutgoingHttpHeaders, url: URL, auth?: string | null): OutgoingHttpHeaders {
  const hasAuthorization = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const authorization = basicCredentials(url, auth);
  return hasAuthorization || authorization === undefined ? headers : { ...headers, Authorization: authorization };
}

/** node:http also accepts an array of names and values. */
function headersObject(headers: RequestOptions['headers']): OutgoingHttpHeaders {
  if (!Array.isArray(headers)) return { ...(headers as OutgoingHttpHeaders | undefined) };
  const object: Record<string, OutgoingHttpHeader> = {};
  for (const [name, values] of Object.entries(headerFields(headers))) object[name] = [...values!];
  return object;
}

/** In the draft, the header field has another name. */
function originHeader(origin: string | undefined, version: number): OutgoingHttpHeaders {
  // As in `ws`, an empty string is none.
  if (origin === undefined || origin === '') return {};
  return version === Number(DRAFT_VERSION) ? { 'Sec-WebSocket-Origin': origin } : { Origin: origin };
}

/** Whether a redirect leads to the first host, and does not leave TLS. Only then may it keep data that identifies the caller. */
function isTrusted(first: WebSocketUrl, to: WebSocketUrl): boolean {
  return to.host === first.host && to.socketPath === first.socketPath && (to.secure || !first.secure);
}

/** The header fields of a response, each as one line. */
function flatHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headerFields(response.rawHeaders)).map(([name, values]) => [name, values?.join(', ') ?? '']),
  );
}
