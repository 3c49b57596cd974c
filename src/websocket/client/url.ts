import { describeValue } from '../../shared/describe-value.ts';
import { hostnameOf } from '../../shared/http/server-name.ts';
import { isToken } from '../handshake/header.ts';

/** The URL of a WebSocket, and the parts that a request needs. */
export interface WebSocketUrl {
  readonly url: URL;
  /** Whether to use TLS. */
  readonly secure: boolean;
  /** The host name, or the IP address without brackets. */
  readonly hostname: string;
  /** The port of the URL, or the default port of its scheme. */
  readonly port: string | number;
  /** The host and port, or the path of the Unix domain socket. Credentials are sent only to the same host. */
  readonly host: string;
  /** The path of the Unix domain socket; undefined for TCP. */
  readonly socketPath: string | undefined;
  /** The request target: path and query. */
  readonly path: string;
}

const SCHEMES: readonly string[] = ['ws:', 'wss:', 'ws+unix:'];

/**
 * Parses the URL of a WebSocket as WHATWG WebSockets §3.1 defines it: `http:` and `https:` are converted to `ws:` and
 * `wss:`; other schemes and fragments are errors. As in `ws`, the scheme `ws+unix:` names a Unix domain socket, optionally
 * followed by a colon and a request target: `ws+unix:/run/chat.sock:/room?name=x`.
 *
 * @param onUrl called with the parsed URL, before it is checked
 * @throws SyntaxError with the code WS_ERR_INVALID_URL
 */
export function parseWebSocketUrl(input: string | URL, onUrl: (url: URL) => void = () => {}): WebSocketUrl {
  let url: URL;
  try {
    url = new URL(input);
  } catch {
    throw invalidUrl(`Invalid URL: ${typeof input === 'string' ? input : describeValue(input)}`);
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  onUrl(url);
  if (!SCHEMES.includes(url.protocol)) {
    const scheme = url.protocol.slice(0, -1);
    throw invalidUrl(`URL scheme must be ws, wss, http, https or ws+unix; received "${scheme}"`);
  }
  // `url.hash` is empty for an empty fragment, which is an error, too.
  if (url.href.includes('#')) throw invalidUrl(`URL must not have a fragment; received "${url.href}"`);
  const target = url.pathname + url.search;
  const secure = url.protocol === 'wss:';
  const hostname = hostnameOf(url);
  const common = { url, secure, hostname, port: url.port || (secure ? 443 : 80) };
  if (url.protocol !== 'ws+unix:') return { ...common, host: url.host, socketPath: undefined, path: target };
  if (url.pathname === '') throw invalidUrl(`URL must name a Unix domain socket; received "${url.href}"`);
  const colon = target.indexOf(':');
  const socketPath = colon === -1 ? target : target.slice(0, colon);
  const path = colon === -1 ? '/' : target.slice(colon + 1);
  return { ...common, host: socketPath, socketPath, path };
}

/**
 * Returns the URL to which a response redirects. Its scheme is ws, wss, http or https: a server must not lead a client to a
 * Unix domain socket of the client's machine. A redirect of a Unix domain socket may be relative, and stays there.
 *
 * @param location the value of `Location`
 * @param onUrl    called with the URL, unless it is malformed, before it is checked
 * @throws SyntaxError with the code WS_ERR_INVALID_URL
 */
export function redirectedUrl(from: WebSocketUrl, location: string, onUrl: (url: URL) => void): WebSocketUrl {
  if (from.socketPath === undefined) {
    const url = URL.canParse(location, from.url.href) ? new URL(location, from.url) : location;
    return checkRedirect(parseWebSocketUrl(url, onUrl));
  }
  const isAbsolute = URL.canParse(location);
  if (isAbsolute) {
    const { protocol } = new URL(location);
    if (!SCHEMES.includes(protocol) && protocol !== 'http:' && protocol !== 'https:') throw invalidRedirect(protocol);
    const to = parseWebSocketUrl(location, onUrl);
    return to.socketPath === from.socketPath ? to : checkRedirect(to);
  }
  if (!URL.canParse(location, `ws://host${from.path}`)) throw invalidUrl(`Invalid URL: ${location}`);
  const { pathname, search, host } = new URL(location, `ws://host${from.path}`);
  if (host !== 'host')
    throw invalidUrl(`Redirect of a Unix domain socket must not name a host; received "${location}"`);
  return parseWebSocketUrl(`ws+unix:${from.socketPath}:${pathname}${search}`, onUrl);
}

function checkRedirect(to: WebSocketUrl): WebSocketUrl {
  if (to.socketPath === undefined) return to;
  throw invalidRedirect('ws+unix:');
}

function invalidRedirect(protocol: string): SyntaxError {
  return invalidUrl(`Redirect URL scheme must be ws, wss, http or https; received "${protocol.slice(0, -1)}"`);
}

/**
 * Returns the subprotocols as an array.
 *
 * @throws SyntaxError with the code WS_ERR_INVALID_PROTOCOL if one is not a token or is duplicated (RFC 6455 §4.1, item 10)
 */
export function parseSubprotocols(protocols: string | readonly string[] | null | undefined): string[] {
  if (protocols === undefined) return [];
  const isList = typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols;
  const list = isList ? [...protocols] : [protocols as string];
  list.forEach((protocol, index) => {
    if (typeof protocol !== 'string' || !isToken(protocol)) {
      throw invalidProtocol(`Subprotocol must be a token; received ${describeValue(protocol)}`);
    }
    if (list.indexOf(protocol) !== index) throw invalidProtocol(`Subprotocol "${protocol}" is duplicated`);
  });
  return list;
}

function invalidUrl(message: string): SyntaxError {
  return Object.assign(new SyntaxError(message), { code: 'WS_ERR_INVALID_URL' });
}

function invalidProtocol(message: string): SyntaxError {
  return Object.assign(new SyntaxError(message), { code: 'WS_ERR_INVALID_PROTOCOL' });
}
