import { randomBytes } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { unescape as percentDecode } from 'node:querystring';
import type { Duplex } from 'node:stream';
import { HandshakeError } from '../errors.ts';
import { DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_MAX_REDIRECTS } from '../limits.ts';
import { formatExtensions } from './handshake/extension.ts';
import { headerFields, isToken } from './handshake/header.ts';
import { type DeflateWishes, makeOffer } from './handshake/permessage-deflate.ts';
import { VERSION } from './handshake/refusal.ts';
import { type Agreement, readResponse } from './handshake/response.ts';
import { milliseconds } from './options.ts';

/** Options of a client's opening handshake; every other option of `https.request` is passed on to it. */
export interface HandshakeOptions extends RequestOptions {
  /** Milliseconds for the whole opening handshake; 0 for no limit. Default: 10,000. */
  readonly handshakeTimeout?: number | undefined;
  /** Whether redirects are followed. Default: false. */
  readonly followRedirects?: boolean | undefined;
  /** How many, if they are. Default: 10. */
  readonly maxRedirects?: number | undefined;
  /** The value of `Origin`. Default: none. */
  readonly origin?: string | undefined;
}

/** What an opening handshake tells; after `onOpen` or `onFail`, nothing more. */
export interface HandshakeListener {
  onOpen(transport: Duplex, head: Buffer, agreement: Agreement, response: IncomingMessage): void;
  onFail(error: Error): void;
  /** Another status than 101; returns true if the application deals with it. */
  onUnexpectedResponse(request: ClientRequest, response: IncomingMessage): boolean;
  /** About to follow a redirect. */
  onRedirect(url: string, request: ClientRequest): void;
}

/**
 * The URL of a WebSocket, as the WHATWG WebSockets standard (§3.1, constructor) has it: `http:` and `https:` stand for
 * `ws:` and `wss:`; another scheme and a fragment are errors.
 *
 * @throws SyntaxError
 */
export function webSocketUrl(address: string | URL): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw syntaxError('WS_ERR_INVALID_URL', `The URL is invalid: ${address}`);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw syntaxError('WS_ERR_INVALID_URL', `The URL's scheme must be ws, wss, http or https, and is ${url.protocol}`);
  }
  // An empty fragment is one, too, and `hash` does not show it.
  if (url.href.includes('#')) throw syntaxError('WS_ERR_INVALID_URL', `The URL must not have a fragment: ${url.href}`);
  return url;
}

/** @throws SyntaxError if a subprotocol is not a token, or stands twice (RFC 6455 §4.1, item 10) */
export function subprotocols(protocols: string | readonly string[] | undefined): string[] {
  const list = protocols === undefined ? [] : typeof protocols === 'string' ? [protocols] : [...protocols];
  list.forEach((protocol, index) => {
    if (typeof protocol !== 'string' || !isToken(protocol)) {
      throw syntaxError('WS_ERR_INVALID_PROTOCOL', `A subprotocol must be a token, and is ${JSON.stringify(protocol)}`);
    }
    if (list.indexOf(protocol) !== index) {
      throw syntaxError('WS_ERR_INVALID_PROTOCOL', `The subprotocol ${protocol} stands more than once`);
    }
  });
  return list;
}

function syntaxError(code: string, message: string): SyntaxError {
  return Object.assign(new SyntaxError(message), { code });
}

/** A client's opening handshake, RFC 6455 §4.1, over the request of node:http or node:https. */
export class OpeningHandshake {
  readonly #protocols: readonly string[];
  readonly #deflate: DeflateWishes | null;
  /** Those of the request in progress: what a redirect has taken away does not come back. */
  #options: HandshakeOptions;
  readonly #listener: HandshakeListener;
  readonly #maxRedirects: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #request: ClientRequest | undefined;
  #redirects = 0;
  #ended = false;

  /** @param deflate what is wished of permessage-deflate; null not to offer it */
  constructor(
    url: URL,
    protocols: readonly string[],
    deflate: DeflateWishes | null,
    options: HandshakeOptions,
    listener: HandshakeListener,
  ) {
    this.#protocols = protocols;
    this.#deflate = deflate;
    this.#options = options;
    this.#listener = listener;
    this.#maxRedirects = options.maxRedirects ?? DEFAULT_MAX_REDIRECTS;
    const timeout = milliseconds('handshakeTimeout', options.handshakeTimeout, DEFAULT_HANDSHAKE_TIMEOUT);
    // May throw for invalid options, so it comes before the timer.
    this.#send(url);
    if (timeout > 0) {
      this.#timer = setTimeout(() => {
        const message = `The opening handshake took longer than handshakeTimeout, which is ${timeout} ms`;
        this.fail(new HandshakeError('WS_ERR_HANDSHAKE_TIMEOUT', message, 0));
      }, timeout);
    }
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
  }

  #send(url: URL): void {
    const options = this.#options;
    const key = randomBytes(16).toString('base64');
    const secure = url.protocol === 'wss:';
    // `agent: false`: a connection of its own, as this one is taken out of HTTP's hands.
    const request = (secure ? requestHttps : requestHttp)({
      agent: false,
      auth: url.username || url.password ? credentials(url) : null,
      ...withoutOwnOptions(options),
      method: 'GET',
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port || (secure ? 443 : 80),
      path: url.pathname + url.search,
      headers: {
        ...options.headers,
        ...(options.origin === undefined ? {} : { Origin: options.origin }),
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': key,
        'Sec-WebSocket-Version': VERSION,
        ...(this.#deflate === null ? {} : { 'Sec-WebSocket-Extensions': formatExtensions([makeOffer(this.#deflate)]) }),
        ...(this.#protocols.length === 0 ? {} : { 'Sec-WebSocket-Protocol': this.#protocols.join(', ') }),
      },
    });
    this.#request = request;
    request.on('error', (error) => {
      const message = `The connection could not be opened: ${error.message}`;
      this.fail(new HandshakeError('WS_ERR_CONNECTION_FAILED', message, 0, {}, { cause: error }));
    });
    request.on('upgrade', (response, socket, head) => this.#switchProtocols(response, socket, head, key));
    request.on('response', (response) => this.#takeOtherStatus(url, request, response, key));
    if (this.#redirects > 0) this.#listener.onRedirect(url.href, request);
    if (!this.#ended) request.end();
  }

  #switchProtocols(response: IncomingMessage, socket: Duplex, head: Buffer, key: string): void {
    const agreement = this.#readAgreement(response.rawHeaders, key);
    if (agreement === undefined) {
      socket.destroy();
      return;
    }
    this.#end();
    this.#listener.onOpen(socket, head, agreement, response);
  }

  #readAgreement(rawHeaders: readonly string[], key: string): Agreement | undefined {
    const asked = { key, protocols: this.#protocols, deflate: this.#deflate };
    const result = readResponse(headerFields(rawHeaders), asked);
    if (!this.#ended && 'agreement' in result) return result.agreement;
    if ('invalid' in result) this.fail(new HandshakeError(result.invalid.code, result.invalid.text, 101));
    return undefined;
  }

  #takeOtherStatus(url: URL, request: ClientRequest, response: IncomingMessage, key: string): void {
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status === 101) {
      // Without `Upgrade` or `Connection`, node:http takes a 101 for any other response.
      this.#readAgreement(response.rawHeaders, key);
    } else if (this.#options.followRedirects && [301, 302, 303, 307, 308].includes(status) && location) {
      this.#redirect(url, request, location, status);
    } else if (!this.#listener.onUnexpectedResponse(request, response)) {
      const message = `The server answered the opening handshake with ${status} instead of 101`;
      this.fail(new HandshakeError('WS_ERR_UNEXPECTED_RESPONSE', message, status, flatHeaders(response)));
    }
  }

  #redirect(from: URL, request: ClientRequest, location: string, status: number): void {
    if (++this.#redirects > this.#maxRedirects) {
      const message = `There were more redirects than maxRedirects, which is ${this.#maxRedirects}`;
      return this.fail(new HandshakeError('WS_ERR_TOO_MANY_REDIRECTS', message, status));
    }
    let to: URL;
    try {
      to = webSocketUrl(new URL(location, from));
    } catch (error) {
      const message = `The redirect leads to an invalid URL: ${location}`;
      return this.fail(new HandshakeError('WS_ERR_INVALID_URL', message, status, {}, { cause: error }));
    }
    request.on('error', () => {});
    request.destroy();
    // Credentials are for the origin that they were given for, and not for a plain connection after a secure one.
    const sameOrigin = to.host === from.host && to.protocol === from.protocol;
    if (!sameOrigin) this.#options = withoutCredentials(this.#options);
    this.#send(to);
  }
}

/** Unlike `decodeURIComponent`, `percentDecode` takes what is no valid UTF-8, as browsers do. */
function credentials(url: URL): string {
  return `${percentDecode(url.username)}:${percentDecode(url.password)}`;
}

/** Those of `https.request`. */
function withoutOwnOptions(options: HandshakeOptions): RequestOptions {
  const { handshakeTimeout: _, followRedirects: _1, maxRedirects: _2, origin: _3, ...requestOptions } = options;
  return requestOptions;
}

function withoutCredentials(options: HandshakeOptions): HandshakeOptions {
  const headers = Object.fromEntries(
    Object.entries(options.headers ?? {}).filter(
      ([name]) => !['authorization', 'cookie', 'host'].includes(name.toLowerCase()),
    ),
  );
  const { auth: _, ...rest } = options;
  return { ...rest, headers };
}

function flatHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headerFields(response.rawHeaders)).map(([name, values]) => [name, values?.join(', ') ?? '']),
  );
}
