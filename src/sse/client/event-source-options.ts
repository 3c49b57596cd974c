import type { RequestOptions } from 'node:https';
import { basicCredentials } from '../../shared/http/basic-credentials.ts';
import type { FetchFunction } from './fetch-request.ts';
import type { StreamRequest } from './stream-request.ts';

/** The options of an EventSource. Browsers have `withCredentials` only. */
export interface EventSourceOptions {
  /**
   * Sets the attribute of this name, and the credentials mode of `fetch`. It has no other effect: there are no stored
   * credentials outside a browser. Default: false.
   */
  readonly withCredentials?: boolean | undefined;
  /** Headers of each request. They replace the default headers of the same name, except Last-Event-ID. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The method of each request. Default: GET. */
  readonly method?: string | undefined;
  /** The body of each request, including reconnections. Default: none. */
  readonly body?: string | Uint8Array | undefined;
  /** Closes the EventSource when it is aborted. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** The last event ID of the first request. Default: an empty string, for which none is sent. */
  readonly lastEventId?: string | undefined;
  /** The reconnection time in milliseconds, until the server sends another one. Default: 3,000. */
  readonly reconnectionTime?: number | undefined;
  /** The longest reconnection delay in milliseconds: it doubles with each failed attempt. Default: 60,000. */
  readonly maxReconnectionDelay?: number | undefined;
  /** The milliseconds without a byte after which the EventSource reconnects; 0 for never. Default: 0. */
  readonly readTimeout?: number | undefined;
  /**
   * The maximum number of bytes in one line, and of characters in the data of one event. If it is exceeded, the EventSource
   * fails permanently. Default: 16 MiB.
   */
  readonly maxEventSize?: number | undefined;
  /** Options of `https.request()` for each request, such as `agent` or `ca`. Default: none. */
  readonly request?: RequestOptions | undefined;
  /** Sends the requests instead of node:http and node:https: the global `fetch()`, or a compatible function. Default: none. */
  readonly fetch?: FetchFunction | undefined;
  /** Called with the text of each comment. Servers often send comments as a heartbeat. Default: none. */
  readonly onComment?: ((text: string) => void) | undefined;
}

/** Returns the first request, WHATWG HTML §9.2.2, without a last event ID. */
export function initialRequest(url: URL, options: EventSourceOptions): StreamRequest {
  const { headers = {}, method = 'GET', body, request = {} } = options;
  const fields: Record<string, string> = { accept: 'text/event-stream', 'cache-control': 'no-cache' };
  for (const [name, value] of Object.entries(headers)) fields[name.toLowerCase()] = value;
  // A header, and not the option `auth`, so that a redirect to another origin can drop it.
  const authorization = basicCredentials(url, request.auth);
  if (authorization !== undefined) fields.authorization ??= authorization;
  const target = new URL(url);
  target.username = '';
  target.password = '';
  return { url: target, method, headers: fields, body };
}
