import { acceptKey } from './accept-key.ts';
import {
  type DeflateParameters,
  type DeflatePreferences,
  PERMESSAGE_DEFLATE,
  readAcceptance,
} from './deflate-negotiation.ts';
import { type Extension, formatExtensions, parseExtensions } from './extension.ts';
import { combinedValue, type HeaderFields, hasElement, singleValue } from './header.ts';

/** The header fields of a server's opening handshake, RFC 6455 §4.2.2 step 5, in order. */
export function responseHeaders(key: string, protocol: string, extensions: readonly Extension[]): string[] {
  const headers = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptKey(key)}`];
  if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (extensions.length > 0) headers.push(`Sec-WebSocket-Extensions: ${formatExtensions(extensions)}`);
  return headers;
}

/** What a client offer for. */
export interface ClientOffer {
  readonly key: string;
  readonly protocols: readonly string[];
  /** What was wished of permessage-deflate; null if it was not offered. No other extension is. */
  readonly deflate: DeflatePreferences | null;
}

/** What a valid response agrees to. */
export interface Agreement {
  /** The subprotocol in use; empty for none. */
  readonly protocol: string;
  readonly extensions: readonly Extension[];
  /** What is in force of permessage-deflate; null if it is not in use. */
  readonly deflate: DeflateParameters | null;
}

/** Why a response with status 101 is not a valid one. */
export interface InvalidResponse {
  readonly code: `WS_ERR_${string}`;
  readonly text: string;
}

/** Reads a server's opening handshake with status 101, RFC 6455 §4.1; the numbers are those of "validate the response". */
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
    return invalid('WS_ERR_INVALID_ACCEPT', 'Sec-WebSocket-Accept is missing or does not match the key');
  }
  // 5. and §9.1: a value that does not conform fails the connection.
  const extensionsValue = combinedValue(headers, 'sec-websocket-extensions');
  const extensions = extensionsValue === undefined ? [] : parseExtensions(extensionsValue);
  if (extensions === null) return invalid('WS_ERR_INVALID_EXTENSIONS', 'Sec-WebSocket-Extensions is malformed');
  const deflate = readDeflate(extensions, offer.deflate);
  if (typeof deflate === 'string') return invalid('WS_ERR_INVALID_EXTENSIONS', deflate);
  // 6. and §11.3.4: the field "MUST NOT appear more than once in an HTTP response".
  const protocolLines = headers['sec-websocket-protocol'] ?? [];
  const protocol = protocolLines.join(', ');
  if (protocolLines.length > 0 && !offer.protocols.includes(protocol)) {
    return invalid('WS_ERR_INVALID_PROTOCOL', `The server chose the subprotocol "${protocol}", which was not offered`);
  }
  // Deviation: the RFC lets a server choose none; the WHATWG standard (WebSockets §2) fails the connection then.
  if (protocolLines.length === 0 && offer.protocols.length > 0) {
    return invalid('WS_ERR_INVALID_PROTOCOL', 'The server chose none of the subprotocols offered');
  }
  return { agreement: { protocol, extensions, deflate } };
}

/** What is in force, or what is wrong. */
function readDeflate(
  extensions: readonly Extension[],
  preferences: DeflatePreferences | null,
): DeflateParameters | null | string {
  const unasked = extensions.find(({ name }) => preferences === null || name !== PERMESSAGE_DEFLATE);
  if (unasked !== undefined) return `The server uses the extension "${unasked.name}" without being asked`;
  const [extension, ...more] = extensions;
  if (extension === undefined || preferences === null) return null;
  if (more.length > 0) return `The server uses ${PERMESSAGE_DEFLATE} more than once`;
  return (
    readAcceptance(extension, preferences) ?? `The server's answer to ${PERMESSAGE_DEFLATE} does not fit the offer`
  );
}

function invalid(code: `WS_ERR_${string}`, text: string): { invalid: InvalidResponse } {
  return { invalid: { code, text } };
}
