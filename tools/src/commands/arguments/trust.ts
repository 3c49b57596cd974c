import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { UsageError } from './usage-error.ts';

/** Which requests a server for this machine answers. */
export interface Trust {
  /** More names by which the server may be called, in lower case. */
  readonly hosts: readonly string[];
  /** More origins of pages that may use the server, or `*`. */
  readonly origins: readonly string[];
}

/** The trust that --host, --allow-host and --allow-origin express. @throws {UsageError} if one of them is invalid */
export function trustOf(host: string, allowedHosts: readonly string[], allowedOrigins: readonly string[] = []): Trust {
  return { hosts: [host.toLowerCase(), ...allowedHosts.map(hostOption)], origins: allowedOrigins.map(originOption) };
}

function hostOption(name: string): string {
  const url = parse(`http://${name}/`);
  if (url !== null && url.hostname === name.toLowerCase() && !name.includes('*')) return url.hostname;
  throw new UsageError(`--allow-host must be a host name without a port; received "${name}"`);
}

function originOption(origin: string): string {
  // A page from a file or in a sandbox has the origin "null".
  if (origin === '*' || origin === 'null') return origin;
  const url = parse(origin);
  if (url === null) throw new UsageError(`--allow-origin must be an origin or "*"; received "${origin}"`);
  // Node.js does not know the origins of other schemes, such as that of a browser's extensions.
  return url.origin === 'null' ? origin : url.origin;
}

/**
 * Returns why a request is refused, or null if it is not.
 *
 * - `Host` must be acceptable to {@link hostRefusal}.
 * - `Origin` must be that of the server itself, or one that was allowed (RFC 6455 §10.2). Programs send none.
 */
export function refusalOf({ headers, socket }: IncomingMessage, trust: Trust): string | null {
  const refusal = hostRefusal(headers.host, trust);
  const { origin } = headers;
  if (refusal !== null || origin === undefined) return refusal;
  if (trust.origins.includes('*') || trust.origins.includes(origin)) return null;
  // Without TLS on this connection, the page may still have the scheme https: a proxy may have ended TLS.
  const schemes = (socket as TLSSocket | undefined)?.encrypted === true ? ['https'] : ['http', 'https'];
  const own = parse(origin)?.origin;
  if (schemes.some((scheme) => own !== undefined && own === parse(`${scheme}://${headers.host}`)?.origin)) return null;
  return `Origin must be that of the server, or allowed with --allow-origin; received ${JSON.stringify(origin)}\n`;
}

/**
 * Returns why a value of `Host` is refused, or null if it is not. It must be an IP address, `localhost` or a name that was
 * allowed. A page of an attacker may have a name that resolves to this machine (DNS rebinding), and could read everything.
 */
export function hostRefusal(host: string | undefined, { hosts }: Trust): string | null {
  // HTTP/1.0 has no Host. Browsers always send it.
  if (host === undefined) return null;
  const name = parse(`http://${host}`)?.hostname.replace(/^\[(.*)\]$|\.$/g, '$1');
  if (name !== undefined && (isIP(name) !== 0 || /^(.+\.)?localhost$/.test(name) || hosts.includes(name))) return null;
  return `Host must be an IP address, localhost, or allowed with --allow-host; received ${JSON.stringify(host)}\n`;
}

function parse(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}
