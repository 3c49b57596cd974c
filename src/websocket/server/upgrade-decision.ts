/**
 * Decides how a server answers an upgrade request (RFC 6455 §4.2.2): request and options in, acceptance or refusal out.
 * Nothing here sends a response or waits.
 */
import type { IncomingMessage } from 'node:http';
import { describeValue } from '../../shared/describe-value.ts';
import { handleRejection } from '../../shared/handle-rejection.ts';
import { acceptOffer } from '../handshake/deflate-negotiation.ts';
import { type HeaderFields, hasElement, singleValue } from '../handshake/header.ts';
import type { Refusal } from '../handshake/refusal.ts';
import { type Offer, readRequest } from '../handshake/request.ts';
import { type Agreement, responseHeaders } from '../handshake/response.ts';
import type { CompressionOptions } from '../session/compression.ts';

/** Seconds after which a client may retry (RFC 7231 §7.1.3). */
const RETRY_AFTER = '5';

/** RFC 7231 §6.6.4: a temporary condition. */
function unavailable(code: `WS_ERR_${string}`, text: string): Refusal {
  return { code, status: 503, text, headers: { 'Retry-After': RETRY_AFTER } };
}

export const SERVER_CLOSING: Refusal = /* @__PURE__ */ unavailable('WS_ERR_SERVER_CLOSING', 'Server is closing');
export const NOT_VERIFIED_IN_TIME: Refusal = /* @__PURE__ */ unavailable(
  'WS_ERR_HANDSHAKE_TIMEOUT',
  'The client was not verified in time',
);
const TOO_MANY_CONNECTIONS = /* @__PURE__ */ unavailable('WS_ERR_TOO_MANY_CONNECTIONS', 'Too many connections');

/** A valid request, which the application may still refuse. */
export interface UpgradeCandidate {
  readonly offer: Offer;
  /** The value of `Origin`, as the application sees it; undefined if there is none. */
  readonly origin: string | undefined;
  /** The value of `Host`. */
  readonly host: string;
}

/** Checks the request itself. */
export function checkRequest(request: IncomingMessage): UpgradeCandidate | { readonly refusal: Refusal } {
  const { method = '' } = request;
  // Null in an IncomingMessage that was constructed.
  const httpVersion = request.httpVersion ?? '1.1';
  const headers = fieldsOf(request);
  const result = readRequest({ method, httpVersion, headers });
  if ('refusal' in result) return result;
  return { offer: result.offer, origin: request.headers.origin, host: singleValue(headers, 'host')! };
}

/** Returns whether a request offers protocols, and WebSocket is not one of them. */
export function offersOtherProtocol(request: IncomingMessage): boolean {
  return !hasElement(fieldsOf(request), 'upgrade', 'websocket');
}

/** What `shouldHandle()` answers. As in `ws`, any truthy value means yes; but a Promise is awaited. */
export function answerOf(handles: unknown): boolean | Promise<boolean> {
  const promise = handles as Promise<boolean> | null | undefined;
  return typeof promise?.then === 'function' ? promise : Boolean(handles);
}

/** Returns why the server accepts no further connection now; null if it does. */
export function checkCapacity(running: boolean, openConnections: number, maxConnections: number): Refusal | null {
  if (!running) return SERVER_CLOSING;
  return openConnections >= maxConnections ? TOO_MANY_CONNECTIONS : null;
}

/** The response to an accepted request. */
export interface UpgradeAcceptance {
  readonly agreement: Agreement;
  /** The lines of the response, from the status line on. */
  readonly lines: string[];
}

/**
 * Negotiates the subprotocol and permessage-deflate.
 *
 * @param chooseProtocol chooses one of the offered subprotocols, or none; null to choose the first
 * @param compression    null to use no compression
 * @returns the acceptance; or `invalidProtocol`, if `chooseProtocol` returned a subprotocol that was not offered
 */
export function acceptRequest(
  { key, protocols, extensions }: Offer,
  chooseProtocol: ((protocols: Set<string>) => string | false) | null,
  compression: CompressionOptions | null,
): UpgradeAcceptance | { readonly invalidProtocol: string } {
  let protocol = protocols[0] ?? '';
  if (chooseProtocol !== null && protocols.length > 0) {
    protocol = chooseProtocol(new Set(protocols)) || '';
    // No Promise is awaited: it is an invalid choice.
    handleRejection(protocol, () => {});
    // §4.2.2: "selecting one of the values from the |Sec-WebSocket-Protocol| field".
    if (protocol !== '' && !protocols.includes(protocol)) return { invalidProtocol: protocol };
  }
  const acceptance = compression === null ? null : acceptOffer(extensions, compression.preferences);
  const accepted = acceptance === null ? [] : [acceptance.response];
  return {
    agreement: { protocol, extensions: accepted, deflate: acceptance?.parameters ?? null },
    lines: ['HTTP/1.1 101 Switching Protocols', ...responseHeaders(key, protocol, accepted)],
  };
}

/**
 * Checks the lines of the response, to which listeners of 'headers' have added theirs.
 *
 * @throws TypeError with the code WS_ERR_INVALID_ARGUMENT for a line that contains CR, LF or NUL: it would be more than a line
 */
export function checkLines(lines: readonly unknown[]): void {
  for (const line of lines) {
    if (typeof line === 'string' && !/[\r\n\0]/.test(line)) continue;
    const message = `Header line must be a string without CR, LF and NUL; received ${describeValue(line)}`;
    throw Object.assign(new TypeError(message), { code: 'WS_ERR_INVALID_ARGUMENT' });
  }
}

/** Returns whether a request target has the path. The target may be a complete URL (RFC 6455 §4.2.1, item 1). */
export function hasPath(target: string, path: string): boolean {
  const withoutOrigin = target.replace(/^https?:\/\/[^/?]*/i, '');
  const end = withoutOrigin.search(/[?#]/);
  return ((end === -1 ? withoutOrigin : withoutOrigin.slice(0, end)) || '/') === path;
}

/** The fields that decide about a request. */
const FIELDS: readonly string[] = [
  'host',
  'upgrade',
  'connection',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
];

/** Fields that may have another type than a string, such as the number 13: `ws` converts these, and no others. */
const CONVERTED_FIELDS: readonly string[] = ['sec-websocket-key', 'sec-websocket-version'];

/**
 * The header fields of a request, as the application sees them: it may have edited `headers`, or constructed a request without
 * `rawHeaders`, Host and Connection. A value that is not a string counts as empty, which is refused.
 */
function fieldsOf({ rawHeaders = [], headers = {} }: IncomingMessage): HeaderFields {
  const seen = rawHeaders.length > 0 ? headers : { host: 'localhost', connection: 'upgrade', ...headers };
  const fields: Record<string, readonly string[]> = {};
  for (const name of FIELDS) {
    const value = seen[name];
    if (value === undefined) continue;
    const isText = typeof value === 'string' || CONVERTED_FIELDS.includes(name);
    // node:http joins the lines of a field, except those of Host: it keeps the first one.
    fields[name] = isText ? String(value).split(', ') : [''];
  }
  // RFC 9112 §3.2: a request with more than one Host line is refused.
  const hosts: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts.push(name);
  }
  if (hosts.length > 1) fields.host = hosts;
  return fields;
}
