import type { RequestOptions } from 'node:https';
import type { Readable } from 'node:stream';

/** A request for an event stream. A redirect turns it into another one. */
export interface StreamRequest {
  readonly url: URL;
  readonly method: string;
  /** By lower-case name. The values are UTF-8, encoded for node:http. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** Options for `https.request`. Those that a redirect has removed are not restored by a reconnection. */
  readonly options: RequestOptions;
}

/** The response to a request, after redirects. */
export interface StreamResponse {
  readonly status: number;
  /** The value of Content-Type; an empty string if there is none. */
  readonly contentType: string;
  readonly url: URL;
  /** The request after redirects. A reconnection repeats this request, not the first one (WHATWG HTML §9.2.3). */
  readonly request: StreamRequest;
  /** Starts reading the body, decompressed. Throws if it cannot be read. */
  readonly openBody: () => Readable;
  /** At the end of the body: why the connection broke; undefined if the server has ended the stream. */
  readonly failure: () => Error | undefined;
}

/** A request in progress. */
export interface OpenedRequest {
  /** Aborts the request, or ends its response. The callback is not called any more. */
  destroy(): void;
}

/** Called once, with the response or with a network error. */
export type ResponseCallback = (error: Error | null, response?: StreamResponse) => void;

/** An error that another attempt cannot avoid, so that the EventSource fails permanently. */
export class NonRetryableError extends Error {}
