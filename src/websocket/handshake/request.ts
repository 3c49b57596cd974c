import { isValidKey } from './accept-key.ts';
import { type Extension, parseExtensions } from './extension.ts';
import { combinedValue, type HeaderFields, hasElement, isToken, listElements, singleValue } from './header.ts';
import { Refusal, VERSION } from './refusal.ts';

/** The opening handshake of a client, as parsed by the HTTP server. */
export interface UpgradeRequest {
  /** The method, such as `GET`. */
  readonly method: string | undefined;
  /** The HTTP version, such as `1.1`. */
  readonly httpVersion: string;
  /** The header fields, by lower-case name. */
  readonly headers: HeaderFields;
}

/** What a client offers in a valid opening handshake. */
export interface Offer {
  /** The value of `Sec-WebSocket-Key`. */
  readonly key: string;
  /** The subprotocols, in order of preference. */
  readonly protocols: readonly string[];
  /** The extensions, in order of preference. */
  readonly extensions: readonly Extension[];
}

/**
 * Reads the opening handshake of a client, RFC 6455 §4.2.1. Returns the offer, or the reason to refuse it. The numbers below are
 * the items of that section.
 */
export function readRequest(request: UpgradeRequest): { offer: Offer } | { refusal: Refusal } {
  const { headers } = request;
  // 1. "An HTTP/1.1 or higher GET request"
  if (request.method !== 'GET') return { refusal: Refusal.METHOD };
  if (!(Number(request.httpVersion) >= 1.1)) return { refusal: Refusal.HTTP_VERSION };
  // 2. "A |Host| header field containing the server's authority."
  if (singleValue(headers, 'host') === undefined) return { refusal: Refusal.HOST };
  // 3. "An |Upgrade| header field containing the value "websocket", treated as an ASCII case-insensitive value."
  if (!hasElement(headers, 'upgrade', 'websocket')) return { refusal: Refusal.UPGRADE };
  // 4. "A |Connection| header field that includes the token "Upgrade", treated as an ASCII case-insensitive value."
  if (!hasElement(headers, 'connection', 'upgrade')) return { refusal: Refusal.CONNECTION };
  // 5. and §11.3.1: it "MUST NOT appear more than once in an HTTP request".
  const key = singleValue(headers, 'sec-websocket-key');
  if (key === undefined || !isValidKey(key)) return { refusal: Refusal.KEY };
  // 6. and §11.3.5: it "MUST NOT appear more than once in an HTTP request".
  const version = singleValue(headers, 'sec-websocket-version');
  if (version === undefined) return { refusal: Refusal.VERSION_MISSING };
  if (version !== VERSION) return { refusal: Refusal.VERSION };
  // 8.
  const protocols = readProtocols(combinedValue(headers, 'sec-websocket-protocol'));
  if (protocols === null) return { refusal: Refusal.PROTOCOL };
  // 9.
  const extensionsValue = combinedValue(headers, 'sec-websocket-extensions');
  const extensions = extensionsValue === undefined ? [] : parseExtensions(extensionsValue);
  if (extensions === null) return { refusal: Refusal.EXTENSIONS };
  return { offer: { key, protocols, extensions } };
}

/** §4.1, item 10: 1#token, and they "MUST all be unique strings". */
function readProtocols(value: string | undefined): string[] | null {
  if (value === undefined) return [];
  const protocols = listElements(value);
  const valid = protocols.length > 0 && protocols.every(isToken) && new Set(protocols).size === protocols.length;
  return valid ? protocols : null;
}
