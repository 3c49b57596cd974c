import { Readable } from 'node:stream';
import type { OpenedRequest, ResponseCallback, StreamRequest } from './stream-request.ts';

/** The part of the global `fetch()` that an EventSource uses. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** The second argument of `fetch()`, as an EventSource passes it. */
export interface FetchInit {
  readonly method: string;
  /** By lower-case name. */
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Aborted when the EventSource closes or reconnects. */
  readonly signal: AbortSignal;
  readonly mode: 'cors';
  readonly cache: 'no-store';
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
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(): Promise<void>;
}

/** Sends a request with a `fetch()` function of the application, which follows redirects and decompresses the body. */
export function openFetchRequest(
  fetch: FetchFunction,
  request: StreamRequest,
  withCredentials: boolean,
  callback: ResponseCallback,
): OpenedRequest {
  const { url, method, headers, body } = request;
  const controller = new AbortController();
  let readable: Readable | undefined;
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
        readable = Readable.from(chunksOf(response.body), { objectMode: false });
        return readable;
      };
      // `fetch()` does not say whether a redirect changed the method, so a reconnection repeats the first request.
      callback(null, { status, contentType, url: new URL(response.url || url), request, openBody });
    },
    (error) => {
      if (!controller.signal.aborted) callback(error instanceof Error ? error : new Error(String(error)));
    },
  );
  return {
    destroy() {
      controller.abort();
      readable?.destroy();
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
    // If the body has failed, `cancel()` rejects with the error that `read()` has thrown.
    await reader.cancel().catch(() => {});
  }
}
