import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { decodeHeaderText } from '../../shared/http/header-text.ts';
import { CREDENTIALS, REDIRECTS } from '../../shared/http/redirects.ts';

/** Fetch: "If request's redirect count is 20, then return a network error." */
const MAX_REDIRECTS = 20;

/** One request, with what is left of it after redirects. */
export interface StreamRequest {
  readonly url: URL;
  readonly method: string;
  /** By lower-case name; text as UTF-8 is already in the form that node:http wants. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

export interface StreamResponse {
  readonly status: number;
  /** The value of `Content-Type`; empty if there is none. */
  readonly contentType: string;
  /** After redirects. */
  readonly url: URL;
  /** What to ask for the next time: what redirects have made of the request. */
  readonly request: StreamRequest;
  /** Begins to read the body, decompressed as it comes. */
  readonly body: () => Readable;
}

/** A request that goes on, and its response. */
export interface OpenedRequest {
  /** Ends both. */
  destroy(): void;
}

/** A failure that another attempt would only meet again. */
export class NonRetryableError extends Error {}

/** Called once, with the response or with the error of the network. */
type Done = (error: Error | null, response?: StreamResponse) => void;

/** As the global `fetch`: what is used of it. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
  readonly mode: 'cors';
  readonly cache: 'no-store';
  readonly redirect: 'follow';
  readonly credentials: 'include' | 'same-origin';
}

export interface FetchResponse {
  readonly status: number;
  /** After redirects; empty if it is not known. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  /** A Web stream, or what has as much of one as is needed; or a stream of Node. */
  readonly body: FetchBody | null;
}

export type FetchBody = { getReader(): FetchReader } | AsyncIterable<unknown>;

export interface FetchReader {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(): Promise<void>;
}

/**
 * Opens a request of node:http or node:https, and follows redirects as Fetch does (HTTP-redirect fetch): at most 20, with
 * POST made GET where that is the rule, and without credentials to another origin.
 */
export function openRequest(request: StreamRequest, options: RequestOptions, done: Done): OpenedRequest {
  let current: ClientRequest;
  let ended = false;
  const end = (error: Error | null, response?: StreamResponse): void => {
    if (ended) return;
    ended = true;
    done(error, response);
  };
  const send = (asked: StreamRequest, redirects: number): void => {
    const { url, method, headers, body } = asked;
    const open = url.protocol === 'https:' ? requestHttps : requestHttp;
    current = open(url, { agent: false, ...options, auth: null, method, headers });
    let answered = false;
    current.on('error', (error) => end(error));
    // A response with status 101 ends the connection, and is told by nothing else.
    current.on('close', () => answered || end(new Error('The connection was closed without a response')));
    current.on('response', (response) => {
      answered = true;
      const status = response.statusCode ?? 0;
      const { location } = response.headers;
      // Deviation: by the letter, an empty Location leads to the URL itself, again and again; Chromium takes it for none.
      if (!REDIRECTS.includes(status) || !location) {
        const contentType = response.headers['content-type'] ?? '';
        return end(null, { status, contentType, url, request: asked, body: () => decodedBody(response) });
      }
      response.destroy();
      if (redirects === MAX_REDIRECTS) return end(new Error(`There were more than ${MAX_REDIRECTS} redirects`));
      const target = decodeHeaderText(location);
      if (!URL.canParse(target, url.href)) return end(new Error(`The redirect leads to an invalid URL: ${target}`));
      const to = new URL(target, url);
      if (to.protocol !== 'http:' && to.protocol !== 'https:') {
        return end(new NonRetryableError(`The redirect leads to a URL that is not HTTP: ${target}`));
      }
      if (!ended) send(redirected(asked, status, to), redirects + 1);
    });
    current.end(body);
  };
  send(request, 0);
  return {
    destroy() {
      ended = true;
      current.destroy();
    },
  };
}

function redirected(from: StreamRequest, status: number, url: URL): StreamRequest {
  const toGet = status === 303 ? from.method !== 'HEAD' : (status === 301 || status === 302) && from.method === 'POST';
  const dropped = [
    ...(url.origin === from.url.origin ? [] : CREDENTIALS),
    ...(toGet ? ['content-type', 'content-length'] : []),
  ];
  return {
    url,
    method: toGet ? 'GET' : from.method,
    headers: Object.fromEntries(Object.entries(from.headers).filter(([name]) => !dropped.includes(name))),
    body: toGet ? undefined : from.body,
  };
}

/** The same by a `fetch` of the application's, which follows redirects and decompresses by itself. */
export function openFetch(
  fetch: FetchFunction,
  request: StreamRequest,
  withCredentials: boolean,
  done: Done,
): OpenedRequest {
  const { url, method, headers, body } = request;
  const controller = new AbortController();
  let opened: Readable | undefined;
  fetch(url.href, {
    method,
    headers: { ...headers },
    ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
    signal: controller.signal,
    mode: 'cors',
    cache: 'no-store',
    redirect: 'follow',
    credentials: withCredentials ? 'include' : 'same-origin',
  }).then(
    (response) => {
      if (controller.signal.aborted) return;
      const { status } = response;
      const contentType = response.headers.get('content-type') ?? '';
      const openBody = (): Readable => {
        opened = Readable.from(chunksOf(response.body), { objectMode: false });
        return opened;
      };
      // A redirect may have changed the method, too, which is not told: so the same is asked for again.
      done(null, { status, contentType, url: new URL(response.url || url), request, body: openBody });
    },
    (error) => {
      if (!controller.signal.aborted) done(error instanceof Error ? error : new Error(String(error)));
    },
  );
  return {
    destroy() {
      controller.abort();
      opened?.destroy();
    },
  };
}

async function* chunksOf(body: FetchBody | null): AsyncGenerator<unknown, void, undefined> {
  if (body === null) return;
  if (!('getReader' in body)) return yield* body as AsyncGenerator<unknown, void, undefined>;
  const reader = body.getReader();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value;
  } finally {
    // Of one that has failed, it is known already.
    await reader.cancel().catch(() => {});
  }
}

/** The body of a response, decompressed as it comes. */
function decodedBody(response: IncomingMessage): Readable {
  switch (response.headers['content-encoding']?.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return through(response, createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }));
    case 'deflate':
      return through(response, createInflate({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }));
    case 'br':
      return through(
        response,
        createBrotliDecompress({
          flush: constants.BROTLI_OPERATION_FLUSH,
          finishFlush: constants.BROTLI_OPERATION_FLUSH,
        }),
      );
    default:
      return response;
  }
}

function through<T extends Readable & NodeJS.WritableStream>(response: IncomingMessage, decoder: T): T {
  response.on('error', (error) => decoder.destroy(error));
  response.on('close', () => {
    if (!response.complete) decoder.destroy();
  });
  response.pipe(decoder);
  return decoder;
}
