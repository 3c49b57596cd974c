import { isToken } from 'pushwire/wire';

/** Where a client connects to. */
export interface WebSocketUrl {
  readonly url: URL;
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  /** That of the URL, else that of its scheme. */
  readonly port: string | number;
  /** The host and port, or the path of a Unix domain socket: who gets the credentials. */
  readonly host: string;
  /** Of a Unix domain socket; undefined for TCP. */
  readonly socketPath: string | undefined;
  /** The request target. */
  readonly path: string;
}

const SCHEMES: readonly string[] = ['ws:', 'wss:', 'ws+unix:'];

/**
 * The URL of a WebSocket, as the WHATWG WebSockets standard (§3.1, constructor) has it: `http:` and `https:` stand for
 * `ws:` and `wss:`; another scheme and a fragment are errors. Besides, as `ws` has it, `ws+unix:` with the path of a
 * socket and, behind a colon, the request target: `ws+unix:/run/chat.sock:/room?name=x`.
 *
 * @throws SyntaxError
 */
export function parseWebSocketUrl(address: string | URL): WebSocketUrl {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw invalidUrl(`Invalid URL: ${address}`);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  if (!SCHEMES.includes(url.protocol)) {
    throw invalidUrl(`The URL's scheme must be ws, wss, http, https or ws+unix, and is ${url.protocol}`);
  }
  // An empty fragment is one, too, and `hash` does not show it.
  if (url.href.includes('#')) throw invalidUrl(`The URL must not have a fragment: ${url.href}`);
  const target = url.pathname + url.search;
  const secure = url.protocol === 'wss:';
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const where = { url, secure, hostname, port: url.port || (secure ? 443 : 80) };
  if (url.protocol !== 'ws+unix:') return { ...where, host: url.host, socketPath: undefined, path: target };
  if (url.pathname === '') throw invalidUrl(`The URL must name a Unix domain socket: ${url.href}`);
  const colon = target.indexOf(':');
  const socketPath = colon === -1 ? target : target.slice(0, colon);
  const path = colon === -1 ? '/' : target.slice(colon + 1);
  return { ...where, host: socketPath, socketPath, path };
}

/** @throws SyntaxError if a subprotocol is not a token, or stands twice (RFC 6455 §4.1, item 10) */
export function subprotocols(protocols: string | readonly string[] | null | undefined): string[] {
  if (protocols === undefined) return [];
  const list = typeof protocols === 'object' && protocols !== null ? [...protocols] : [protocols as string];
  list.forEach((protocol, index) => {
    if (typeof protocol !== 'string' || !isToken(protocol)) {
      throw invalidProtocol(`A subprotocol must be a token, and is ${JSON.stringify(protocol)}`);
    }
    if (list.indexOf(protocol) !== index) throw invalidProtocol(`The subprotocol ${protocol} stands more than once`);
  });
  return list;
}

function invalidUrl(message: string): SyntaxError {
  return Object.assign(new SyntaxError(message), { code: 'WS_ERR_INVALID_URL' });
}

function invalidProtocol(message: string): SyntaxError {
  return Object.assign(new SyntaxError(message), { code: 'WS_ERR_INVALID_PROTOCOL' });
}
