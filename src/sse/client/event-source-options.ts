import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import { basicCredentials } from '../../shared/http/basic-credentials.ts';
import { checkRequestOptions, givenOptions } from '../../shared/http/request-options.ts';
import { eventStreamOption } from '../../shared/option-validation.ts';
import type { OptionNames } from '../../shared/unknown-options.ts';
import type { FetchFunction } from './fetch-request.ts';
import type { StreamRequest } from './stream-request.ts';

/** Why an EventSource may reconnect. */
export interface ReconnectionReason {
  /** Whether the server has ended the stream, and nothing has failed. */
  readonly ended: boolean;
  /** What happened. */
  readonly message: string;
  /** The underlying error, if there is one. */
  readonly error: Error | undefined;
  /** The number of attempts since the server last sent anything, starting at 1. */
  readonly attempt: number;
}

/** The options of an EventSource. Browsers have `withCredentials` only. */
export interface EventSourceOptions {
  /**
   * Sets the attribute of this name, and the credentials mode of `fetch`. It has no other effect: there are no stored
   * credentials outside a browser. Deviation: a value that is not a boolean is refused, not converted. Default: false.
   */
  readonly withCredentials?: boolean | undefined;
  /**
   * Headers of each request. They replace the default headers of the same name, except Last-Event-ID. A header that is undefined is
   * omitted. Default: none.
   */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** The method of each request. Default: GET. */
  readonly method?: string | undefined;
  /** The body of each request, including reconnections: see `reconnect`. Default: none. */
  readonly body?: string | Uint8Array | undefined;
  /** Closes the EventSource when it is aborted. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** The last event ID of the first request. Default: an empty string, for which none is sent. */
  readonly lastEventId?: string | undefined;
  /**
   * Whether to reconnect when a connection is lost, or cannot be opened, or the server ends the stream. If not, the EventSource
   * emits a last 'error' and is closed. A function is called each time; only `true` means yes. If the option is omitted, and the
   * server ends the response to a request with a method other than GET, the request is not sent again. If the connection of such a
   * request is lost, it is sent again; `false` prevents this. Default: true, as in browsers.
   */
  readonly reconnect?: boolean | ((reason: ReconnectionReason) => boolean) | undefined;
  /** The reconnection time in milliseconds, until the server sends another one. Default: 3,000. */
  readonly reconnectionTime?: number | undefined;
  /**
   * The longest reconnection delay in milliseconds. The delay doubles with each failed attempt. If the server sends a longer
   * reconnection time, that time is used. Up to 15 % are added at random. Default: 60,000.
   */
  readonly maxReconnectionDelay?: number | undefined;
  /** The number of milliseconds without a byte after which the EventSource reconnects; 0 for never. Default: 0. */
  readonly readTimeout?: number | undefined;
  /**
   * The maximum number of bytes in one line, and in one event: its data, its type and its last event ID together; 0 for no
   * limit. If it is exceeded, the EventSource fails permanently. Default: 16 MiB.
   */
  readonly maxEventSize?: number | undefined;
  /**
   * Options of `https.request()` for each request, such as `agent` or `ca`. Its `headers` are sent unless the option `headers`
   * has the same ones. Default: none.
   */
  readonly request?: RequestOptions | undefined;
  /** Sends the requests instead of node:http and node:https: the global `fetch()`, or a compatible function. Default: none. */
  readonly fetch?: FetchFunction | undefined;
  /** Called with the text of each comment. Servers often send comments as a heartbeat. Default: none. */
  readonly onComment?: ((text: string) => void) | undefined;
}

const NAMES: OptionNames<EventSourceOptions> = {
  withCredentials: true,
  headers: true,
  method: true,
  body: true,
  signal: true,
  lastEventId: true,
  reconnect: true,
  reconnectionTime: true,
  maxReconnectionDelay: true,
  readTimeout: true,
  maxEventSize: true,
  request: true,
  fetch: true,
  onComment: true,
};

/**
 * Checks the options that are not numbers. Numbers have defaults, and the parser checks its own options.
 *
 * @param isSubclass whether the source is one of a subclass, which may have options of its own
 * @throws TypeError with the code SSE_ERR_INVALID_OPTION
 *
 * @internal
 */
export function checkEventSourceOptions(
  options: EventSourceOptions | null | undefined,
  isSubclass: boolean,
): EventSourceOptions {
  const given = eventStreamOption.options('EventSource', options, NAMES, 'options', isSubclass);
  const { body, signal } = given;
  eventStreamOption.flag('withCredentials', given.withCredentials);
  eventStreamOption.object('headers', given.headers);
  eventStreamOption.string('method', given.method);
  const request = eventStreamOption.object('request', given.request);
  if (!Array.isArray(request.headers)) {
    const allowed = 'an object, or an array of names and values';
    eventStreamOption.object('request.headers', request.headers as OutgoingHttpHeaders, allowed);
  }
  checkRequestOptions(eventStreamOption, request, 'request.');
  eventStreamOption.callback('fetch', given.fetch);
  eventStreamOption.callback('onComment', given.onComment);
  const { reconnect } = given;
  if (
    reconnect !== undefined &&
    reconnect !== null &&
    typeof reconnect !== 'boolean' &&
    typeof reconnect !== 'function'
  ) {
    throw eventStreamOption.error(TypeError, 'reconnect', 'a boolean or a function', reconnect);
  }
  if (body !== undefined && body !== null && typeof body !== 'string' && !((body as unknown) instanceof Uint8Array)) {
    throw eventStreamOption.error(TypeError, 'body', 'a string or a Uint8Array', body);
  }
  if (signal !== undefined && signal !== null) {
    eventStreamOption.withMethods('signal', signal, ['addEventListener', 'removeEventListener'], 'an AbortSignal');
  }
  return given;
}

/** Returns the first request, WHATWG HTML §9.2.2, without a last event ID. @internal */
export function initialRequest(url: URL, options: EventSourceOptions): StreamRequest {
  const fields: Record<string, string> = { accept: 'text/event-stream', 'cache-control': 'no-cache' };
  for (const [name, value] of [...requestHeaders(options.request), ...Object.entries(options.headers ?? {})]) {
    if (value !== undefined) fields[name.toLowerCase()] = value;
  }
  // A header, and not the option `auth`, so that a redirect to another origin can drop it.
  const authorization = basicCredentials(url, options.request?.auth);
  if (authorization !== undefined) fields.authorization ??= authorization;
  const target = new URL(url);
  target.username = '';
  target.password = '';
  return {
    url: target,
    method: options.method ?? 'GET',
    headers: fields,
    body: options.body ?? undefined,
    options: givenOptions(options.request ?? {}),
  };
}

/** The headers of the option `request`, in any of the forms that node:http accepts. */
function requestHeaders(request: RequestOptions | null | undefined): [string, string | undefined][] {
  const headers: unknown = request?.headers ?? {};
  const entries = Array.isArray(headers) ? pairsOf(headers) : Object.entries(headers as OutgoingHttpHeaders);
  return entries.map(([name, value]) => [String(name), value === undefined ? value : toFieldValue(value)]);
}

function toFieldValue(value: number | string | readonly string[]): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** `[name, value, …]` or `[[name, value], …]` */
function pairsOf(list: readonly (string | [string, string])[]): [string, string][] {
  const flat = list.flat();
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!]);
}
