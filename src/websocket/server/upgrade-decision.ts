/**
 * Decides how a server answers an upgrade request (RFC 6455 §4.2.2): request and options in, acceptance or refusal out.
 * Nothing here sends a response or waits.
 */
import type { IncomingMessage } from 'node:http';
import { acceptOffer } from '../handshake/deflate-negotiation.ts';
import { type HeaderFields, headerFields, singleValue } from '../handshake/header.ts';
import { isOriginAllowed, type OriginPolicy } from '../handshake/origin.ts';
import { Refusal } from '../handshake/refusal.ts';
import { type Offer, readRequest } from '../handshake/request.ts';
import { type Agreement, responseHeaders } from '../handshake/response.ts';
import type { CompressionOptions } from '../session/compression.ts';

/** Seconds after which a client may retry (RFC 7231 §7.1.3). */
const RETRY_AFTER = '5';

/** RFC 7231 §6.6.4: a temporary condition. */
function unavailable(code: `WS_ERR_${string}`, text: string): Refusal {
  return { code, status: 503, text, headers: { 'Retry-After': RETRY_AFTER } };
}

const SERVER_CLOSING = unavailable('WS_ERR_SERVER_CLOSING', 'Server is closing');
const TOO_MANY_CONNECTIONS = unavailable('WS_ERR_TOO_MANY_CONNECTIONS', 'Too many connections');

/** A valid request, which `verifyClient` may still refuse. */
export interface UpgradeCandidate {
  readonly offer: Offer;
  /** The value of `Origin`; undefined if there is none. */
  readonly origin: string | undefined;
}

/**
 * Checks the request itself, its path and its origin.
 *
 * @param servesPath called only for a valid opening handshake
 * @param policy     null or undefined to allow all origins
 */
export function checkRequest(
  request: IncomingMessage,
  servesPath: () => boolean,
  policy: OriginPolicy | null | undefined,
): UpgradeCandidate | { readonly refusal: Refusal } {
  const { method = '', httpVersion } = request;
  const headers = fieldsOf(request);
  const result = readRequest({ method, httpVersion, headers });
  if ('refusal' in result) return result;
  if (!servesPath()) return { refusal: Refusal.PATH };
  const origin = singleValue(headers, 'origin');
  const host = singleValue(headers, 'host')!;
  if (policy !== undefined && policy !== null && !isOriginAllowed(policy, origin, host)) {
    return { refusal: Refusal.ORIGIN };
  }
  return { offer: result.offer, origin };
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

/** Returns whether a request target has the path. The target may be a complete URL (RFC 6455 §4.2.1, item 1). */
export function hasPath(target: string, path: string): boolean {
  const withoutOrigin = target.replace(/^https?:\/\/[^/?]*/i, '');
  const end = withoutOrigin.search(/[?#]/);
  return ((end === -1 ? withoutOrigin : withoutOrigin.slice(0, end)) || '/') === path;
}

/**
 * The header fields of a request. Frameworks test with requests that were constructed rather than parsed: these may have
 * `headers` only, and no Host.
 */
function fieldsOf(request: IncomingMessage): HeaderFields {
  if (request.rawHeaders !== undefined) return headerFields(request.rawHeaders);
  // `request.headers` is not read before, because node:http creates it on first access.
  const entries = Object.entries({ host: 'localhost', ...request.headers });
  return headerFields(entries.flatMap(([name, value]) => [value].flat().flatMap((line) => [name, String(line)])));
}
