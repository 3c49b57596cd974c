import { isIP } from 'node:net';

/** The host of a URL, or the IPv6 address without its brackets. */
export function hostnameOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/**
 * The name of a TLS server for SNI (RFC 6066 §3): the host of the URL; an empty string for an IP address, which is no server
 * name. Without it, node:https takes the name from the header field `Host`, which an application may set.
 *
 * @param hostname without the brackets of an IPv6 address
 */
export function serverName(hostname: string): string {
  return isIP(hostname) === 0 ? hostname : '';
}
