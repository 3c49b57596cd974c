/**
 * The origins that may connect: one or more origins or patterns, `same-origin` for the origin of the server itself, or a
 * function.
 *
 * For `same-origin`, the host and port of the origin must be those of the `Host` of the request. If the connection uses TLS,
 * the scheme must be https. Otherwise, the scheme may be http or https: a proxy may terminate TLS, and header fields of proxies are
 * not trusted. A proxy must forward the `Host` that it received.
 */
export type OriginPolicy =
  | 'same-origin'
  | (string & {})
  | RegExp
  | readonly (string | RegExp)[]
  | ((origin: string | undefined) => boolean | Promise<boolean>);

/**
 * Whether a page of this origin may connect, RFC 6455 §10.2. A request without `Origin` does not come from a browser
 * (§4.2.1, item 7), so it is allowed unless a function rejects it. A RegExp is matched against an origin such as
 * `https://example.com`: anchor it.
 *
 * @param host   the `Host` of the request, for `same-origin`
 * @param secure whether the connection uses TLS, for `same-origin`
 * @returns the result of a function, which may be a Promise
 *
 * @internal
 */
export function isOriginAllowed(
  policy: OriginPolicy,
  origin: string | undefined,
  host: string,
  secure: boolean,
): boolean | Promise<boolean> {
  if (typeof policy === 'function') return policy(origin);
  if (origin === undefined) return true;
  if (policy === 'same-origin') return isSameOrigin(origin.toLowerCase(), host.toLowerCase(), secure);
  const allowed = typeof policy === 'string' || policy instanceof RegExp ? [policy] : policy;
  // `search()` ignores the state of a RegExp with the flag g or y.
  return allowed.some((entry) =>
    typeof entry === 'string' ? entry.toLowerCase() === origin.toLowerCase() : origin.search(entry) !== -1,
  );
}

function isSameOrigin(origin: string, host: string, secure: boolean): boolean {
  return origin === serialize('https', host, ':443') || (!secure && origin === serialize('http', host, ':80'));
}

/** RFC 6454 §6.2: a serialized origin does not contain the default port of its scheme. */
function serialize(scheme: string, host: string, defaultPort: string): string {
  return `${scheme}://${host.endsWith(defaultPort) ? host.slice(0, -defaultPort.length) : host}`;
}
