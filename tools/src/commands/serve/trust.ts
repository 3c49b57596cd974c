import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Which requests a server for this machine answers. */
export interface Trust {
  /** More names by which the server may be called. */
  readonly hosts: readonly string[];
  /** More origins of pages that may use the server, or `*`. */
  readonly origins: readonly string[];
}

/**
 * Returns why a request is refused, or null if it is not.
 *
 * - `Host` must be an IP address, `localhost` or a name that was allowed. A page of an attacker may have a name that resolves
 *   to this machine (DNS rebinding), and could read everything.
 * - `Origin` must be that of the server itself, or one that was allowed (RFC 6455 §10.2). Programs send none.
 */
export function refusalOf({ headers }: IncomingMessage, trust: Trust): string | null {
  const host = parse(`http://${headers.host ?? 'localhost'}`);
  if (host === null || !isKnown(host.hostname, trust.hosts)) {
    return 'This name is not allowed in Host. Allow it with --allow-host\n';
  }
  const { origin } = headers;
  if (origin === undefined || trust.origins.includes('*') || trust.origins.includes(origin)) return null;
  if (parse(origin)?.host === host.host) return null;
  return 'Pages of this origin may not use the server. Allow them with --allow-origin\n';
}

function isKnown(hostname: string, allowed: readonly string[]): boolean {
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || allowed.includes(name);
}

function parse(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}
