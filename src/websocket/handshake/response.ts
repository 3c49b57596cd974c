import { acceptKey } from './accept-key.ts';
import {
  type DeflateParameters,
  type DeflatePreferences,
  PERMESSAGE_DEFLATE,
  readAcceptance,
} from './deflate-negotiation.ts';
import { type Extension, formatExtensions, parseExtensions } from './extension.ts';
import { combinedValue, type HeaderFields, hasElement, singleValue } from './header.ts';

/** The header lines of a server's opening handshake, RFC 6455 §4.2.2 step 5. */
export function responseHeaders(key: string, protocol: string, extensions: readonly Extension[]): string[] {
  const headers = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey(key)}`];
  if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (extensions.length > 0) headers.push(`Sec-WebSocket-Extensions: ${formatExtensions(extensions)}`);
  return headers;
}

/** What a client offered in its opening handshake. */
export interface ClientOffer {
  /** The value of `Sec-WebSocket-Key`. */
  readonly key: string;
  /** The subprotocols, in order of preference. */
  readonly protocols: readonly string[];
  /** The preferences for permessage-deflate; null if it was not offered. No other extension is ever offered. */
  readonly deflate: DeflatePreferences | null;
}

/** What both sides agreed on in the opening handshake. */
export interface Agreement {
  /** The subprotocol, or an empty string. */
  readonly protocol: string;
  /** The extensions in use, as in the response. */
  readonly extensions: readonly Extension[];
  /** The parameters of permessage-deflate; null if it is not in use. */
  readonly deflate: DeflateParameters | null;
}

/** Why a response with status 101 is not valid. */
export interface InvalidResponse {
  /** A stable code. */
  readonly code: `WS_ERR_${string}`;
  /** A message for people. */
  readonly text: string;
}

/**
 * Reads the response of a server with status 101, RFC 6455 §4.1. Returns what both sides agreed on, or why the response is not
 * valid. The numbers below are the items of that section.
 */
export function readResponse(
  headers: HeaderFields,
  offer: ClientOffer,
): { agreement: Agreement } | { invalid: InvalidResponse } {
  // 2.
  if (singleValue(headers, 'upgrade')?.toLowerCase() !== 'websocket') {
    return invalid('WS_ERR_INVALID_UPGRADE', 'Upgrade is not "websocket"');
  }
  // 3.
  if (!hasElement(headers, 'connection', 'upgrade')) {
    return invalid('WS_ERR_INVALID_CONNECTION', 'Connection does not contain "Upgrade"');
  }
  // 4.
  if (singleValue(headers, 'sec-websocket-accept') !== acceptKey(offer.key)) {
    return invalid(
      'WS_ERR_INVALID_ACCEPT',
      'Sec-WebSocket-Accept is missing, duplicated, or does not match Sec-WebSocket-Key',
    );
  }
  // 5. and §9.1: a malformed value fails the connection.
  const extensionsValue = combinedValue(headers, 'sec-websocket-extensions');
  const extensions = extensionsValue === undefined ? [] : parseExtensions(extensionsValue);
  if (extensions === null) return invalid('WS_ERR_INVALID_EXTENSIONS', 'Sec-WebSocket-Extensions is malformed');
  const deflate = readDeflate(extensions, offer.deflate);
  if (typeof deflate === 'string') return invalid('WS_ERR_INVALID_EXTENSIONS', deflate);
  // 6. and §11.3.4: the field "MUST NOT appear more than once in an HTTP response".
  const protocolLines = headers['sec-websocket-protocol'] ?? [];
  const protocol = protocolLines.join(', ');
  if (protocolLines.length > 0 && !offer.protocols.includes(protocol)) {
    return invalid('WS_ERR_INVALID_PROTOCOL', `The server chose a subprotocol that was not offered: "${protocol}"`);
  }
  // Deviation: the RFC allows a server to choose none. The WHATWG standard (WebSockets §2) fails the connection.
  if (protocolLines.length === 0 && offer.protocols.length > 0) {
    return invalid('WS_ERR_INVALID_PROTOCOL', 'The server chose none of the offered subprotocols');
  }
  return { agreement: { protocol, extensions, deflate } };
}

/** The parameters in effect, or what is wrong. */
function readDeflate(
  extensions: readonly Extension[],
  preferences: DeflatePreferences | null,
): DeflateParameters | null | string {
  const unrequested = extensions.find(({ name }) => preferences === null || name !== PERMESSAGE_DEFLATE);
  if (unrequested !== undefined) return `The server chose an extension that was not offered: "${unrequested.name}"`;
  const [extension, ...more] = extensions;
  if (extension === undefined || preferences === null) return null;
  if (more.length > 0) return `The server chose ${PERMESSAGE_DEFLATE} more than once`;
  return (
    readAcceptance(extension, preferences) ??
    `The parameters of ${PERMESSAGE_DEFLATE} are invalid or do not match the offer`
  );
}

function invalid(code: `WS_ERR_${string}`, text: string): { invalid: InvalidResponse } {
  return { invalid: { code, text } };
}
