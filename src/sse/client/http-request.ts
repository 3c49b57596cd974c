import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { anonymousHeaders, anonymousOptions, REDIRECT_STATUSES } from '../../shared/http/cross-origin-redirect.ts';
import { decodeHeaderText } from '../../shared/http/header-text.ts';
import { withMessage } from '../../shared/http/network-error.ts';
import { hostnameOf, serverName } from '../../shared/http/server-name.ts';
import { connectionLost } from './body-reader.ts';
import { decodedBody } from './decoded-body.ts';
import { NonRetryableError, type OpenedRequest, type ResponseCallback, type StreamRequest } from './stream-request.ts';

/** Fetch §4.4: "If request's redirect count is 20, then return a network error." */
const MAX_REDIRECTS = 20;

/**
 * Sends a request with node:http or node:https, and follows at most 20 redirects (Fetch §4.4, HTTP-redirect fetch). Some
 * redirects change the method to GET. A redirect to another origin drops the credentials.
 */
export function openHttpRequest(request: StreamRequest, callback: ResponseCallback): OpenedRequest {
  const chain = new RedirectChain(callback);
  chain.send(request, 0);
  return chain;
}

/** A request, and the requests to which its redirects lead. */
class RedirectChain implements OpenedRequest {
  readonly #callback: ResponseCallback;
  #current: ClientRequest | undefined;
  #ended = false;

  constructor(callback: ResponseCallback) {
    this.#callback = callback;
  }

  send(request: StreamRequest, redirects: number): void {
    const { url, method, headers, body, options } = request;
    const open = url.protocol === 'https:' ? requestHttps : requestHttp;
    const servername = serverName(hostnameOf(url));
    const clientRequest = open(url, { agent: false, servername, ...options, auth: null, method, headers });
    let responded = false;
    clientRequest.on('error', (error) => this.#fail(withMessage(error)));
    // A response with status 101 ends the connection, and node:http emits nothing but 'close'.
    clientRequest.on('close', () => responded || this.#fail(new Error('The connection was closed without a response')));
    clientRequest.on('response', (response) => {
      responded = true;
      this.#receive(request, response, redirects);
    });
    this.#current = clientRequest;
    clientRequest.end(body);
  }

  destroy(): void {
    this.#ended = true;
    this.#current?.destroy();
  }

  #receive(request: StreamRequest, response: IncomingMessage, redirects: number): void {
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    const contentType = response.headersDistinct['content-type']?.join(', ') ?? '';
    // Deviation: by the standard, an empty Location redirects to the same URL, again and again. Chromium ignores it.
    if (REDIRECT_STATUSES.includes(status) && location) {
      response.destroy();
      return this.#redirect(request, status, location, redirects);
    }
    if (this.#ended) return;
    this.#ended = true;
    this.#callback(null, {
      status,
      contentType,
      url: request.url,
      request,
      openBody: () => decodedBody(response),
      failure: () => (response.complete ? undefined : (response.errored ?? connectionLost())),
    });
  }

  #redirect(request: StreamRequest, status: number, location: string, redirects: number): void {
    if (redirects === MAX_REDIRECTS) return this.#fail(new Error(`Too many redirects (limit ${MAX_REDIRECTS})`));
    const target = decodeHeaderText(location);
    if (!URL.canParse(target, request.url.href)) return this.#fail(new Error(`Invalid redirect URL: ${target}`));
    const url = new URL(target, request.url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return this.#fail(
        new NonRetryableError(`Redirect URL scheme must be http or https; received "${url.protocol.slice(0, -1)}"`),
      );
    }
    if (this.#ended) return;
    try {
      this.send(redirectedRequest(request, status, url), redirects + 1);
    } catch (error) {
      // For example, the agent of the application is for the other scheme. A retry would fail again.
      this.#fail(new NonRetryableError(`Redirect failed: ${(error as Error).message}`));
    }
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#callback(error);
  }
}

function redirectedRequest(from: StreamRequest, status: number, url: URL): StreamRequest {
  const toGet = status === 303 ? from.method !== 'HEAD' : (status === 301 || status === 302) && from.method === 'POST';
  const sameOrigin = url.origin === from.url.origin;
  const headers = sameOrigin ? from.headers : anonymousHeaders(from.headers);
  const dropped = toGet ? ['content-type', 'content-length'] : [];
  return {
    url,
    method: toGet ? 'GET' : from.method,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.includes(name))),
    body: toGet ? undefined : from.body,
    options: sameOrigin ? from.options : anonymousOptions(from.options),
  };
}
