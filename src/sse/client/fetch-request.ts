import { Readable } from 'node:stream';
import { describeCause, describeValue } from '../../shared/describe-value.ts';
import { NonRetryableError, type OpenedRequest, type ResponseCallback, type StreamRequest } from './stream-request.ts';

/** The part of the global `fetch()` that an EventSource uses. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** Bytes in an ArrayBuffer: `Uint8Array<ArrayBuffer>`, which TypeScript before 5.7 does not know. */
type Bytes = ReturnType<Uint8ArrayConstructor['from']>;

/** The second argument of `fetch()`, as an EventSource passes it. */
export interface FetchInit {
  /** The option `method`. Default: `GET`. */
  readonly method: string;
  /** By lower-case name. */
  readonly headers: Record<string, string>;
  /** The option `body`. */
  readonly body?: string | Bytes;
  /** Aborted when the EventSource closes or reconnects. */
  readonly signal: AbortSignal;
  /** A server of another origin must allow the request. */
  readonly mode: 'cors';
  /** An event stream never comes from a cache. */
  readonly cache: 'no-store';
  /** The function follows redirects. */
  readonly redirect: 'follow';
  /** `include` if `withCredentials` is true. */
  readonly credentials: 'include' | 'same-origin';
}

/** The members of a `Response` that an EventSource reads. */
export interface FetchResponse {
  /** The HTTP status: 200 for an event stream. */
  readonly status: number;
  /** The URL after redirects; an empty string if it is unknown. */
  readonly url: string;
  /** Returns the value of a header, or null: called for `content-type`. */
  readonly headers: { get(name: string): string | null };
  /** The bytes of the stream; null for none. */
  readonly body: FetchBody | null;
}

/** A ReadableStream of the Web, or an object with that part of its interface; or a Readable of Node. */
export type FetchBody = { getReader(): FetchReader } | AsyncIterable<unknown>;

/** The members of a ReadableStreamDefaultReader that an EventSource uses. */
export interface FetchReader {
  /** Resolves to the next bytes as `value`, or with `done` at the end. */
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  /** Ends the stream: the EventSource reads no more. */
  cancel(): Promise<void>;
}

/**
 * Sends a request with a `fetch()` function of the application, which follows redirects and decompresses the body.
 *
 * @internal
 */
export function openFetchRequest(
  fetch: FetchFunction,
  request: StreamRequest,
  withCredentials: boolean,
  callback: ResponseCallback,
): OpenedRequest {
  const { url, method, headers, body } = request;
  const controller = new AbortController();
  const { signal } = controller;
  const init: FetchInit = {
    method,
    headers: { ...headers },
    ...(body === undefined ? {} : { body: body as string | Bytes }),
    signal,
    mode: 'cors',
    cache: 'no-store',
    redirect: 'follow',
    credentials: withCredentials ? 'include' : 'same-origin',
  };
  // An exception of the function, or a value that is not a Promise, becomes a rejection.
  new Promise<FetchResponse>((resolve) => resolve(fetch(url.href, init))).then(
    (response) => {
      // A function may ignore the signal.
      if (signal.aborted) cancelBody(response);
      else callback(...readResponse(response, request));
    },
    (error) => {
      if (!signal.aborted) callback(errorWithCode(error));
    },
  );
  return { destroy: () => controller.abort() };
}

/** Reads the members of a response, which may be of any type. */
function readResponse(response: FetchResponse, request: StreamRequest): Parameters<ResponseCallback> {
  try {
    const { status, headers, body } = response;
    if (typeof status !== 'number') throw new TypeError('received a value without a status');
    const contentType = headers.get('content-type') ?? '';
    const address = String(response.url ?? '');
    const url = URL.canParse(address, request.url.href) ? new URL(address, request.url) : request.url;
    // `fetch()` does not say whether a redirect changed the method, so a reconnection repeats the first request.
    return [null, { status, contentType, url, request, openBody: () => readableOf(body), failure: () => undefined }];
  } catch (error) {
    const message = `The option fetch must resolve with a Response; ${(error as Error).message}`;
    return [withCode(new NonRetryableError(message, { cause: error }), 'SSE_ERR_INVALID_RESPONSE')];
  }
}

function readableOf(body: FetchBody | null | undefined): Readable {
  if (body === null || body === undefined) return Readable.from([]);
  if (typeof body === 'object' && 'getReader' in body) return new BodyReadable(body.getReader());
  if (typeof body === 'object' && Symbol.asyncIterator in body) {
    const iterator = body[Symbol.asyncIterator]();
    const cancel = async (): Promise<void> => {
      // A Readable of Node ends a read in progress; other iterators end when it is over.
      if ('destroy' in body && typeof body.destroy === 'function') body.destroy();
      else await iterator.return?.();
    };
    return new BodyReadable({ read: () => iterator.next() as ReturnType<FetchReader['read']>, cancel });
  }
  const message = `The body of a Response must be a ReadableStream; received ${describeValue(body)}`;
  throw withCode(new NonRetryableError(message), 'SSE_ERR_INVALID_RESPONSE');
}

/** A Readable of Node that can be destroyed while the body is being read. */
class BodyReadable extends Readable {
  readonly #reader: FetchReader;

  constructor(reader: FetchReader) {
    super();
    this.#reader = reader;
  }

  override _read(): void {
    this.#next().catch((error) => this.destroy(errorWithCode(error)));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    callback(error);
    // If the body has failed, this rejects with the error that `read()` has thrown.
    new Promise((resolve) => resolve(this.#reader.cancel())).catch(() => {});
  }

  async #next(): Promise<void> {
    // An empty chunk would not cause another call of `_read()`.
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (this.destroyed) return;
      if (done) return void this.push(null);
      const chunk = typeof value === 'string' ? Buffer.from(value) : value;
      if (!(chunk instanceof Uint8Array)) {
        throw withCode(
          new TypeError(`A chunk of the body must be a Uint8Array; received ${describeValue(chunk)}`),
          'SSE_ERR_INVALID_RESPONSE',
        );
      }
      if (chunk.length > 0) return void this.push(chunk);
      // Promises alone would block the event loop as long as there are chunks.
      await new Promise(setImmediate);
      if (this.destroyed) return;
    }
  }
}

/** Cancels a response that is not needed. */
function cancelBody(response: FetchResponse | undefined): void {
  try {
    readableOf(response?.body).destroy();
  } catch {
    // There is no body to cancel, or another reader has it.
  }
}

function errorWithCode(error: unknown): Error {
  if (hasCode(error)) return error;
  const message = typeof error === 'string' ? error : describeCause(error);
  return withCode(new Error(message, { cause: error }), 'SSE_ERR_FETCH_FAILED');
}

/** A `fetch` of the application may throw anything, also an Error that throws when it is read. */
function hasCode(error: unknown): error is Error {
  try {
    return error instanceof Error && typeof error.message === 'string' && 'code' in error && error.code !== undefined;
  } catch {
    return false;
  }
}

function withCode<E extends Error>(error: E, code: string): E {
  return Object.assign(error, { code });
}
