/** The origins that may connect: one or more origins or patterns, the origin of the server itself, or a function. */
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
 * @param host the `Host` of the request, for `same-origin`
 * @returns the result of a function, which may be a Promise
 */
export function isOriginAllowed(
  policy: OriginPolicy,
  origin: string | undefined,
  host: string,
): boolean | Promise<boolean> {
  if (typeof policy === 'function') return policy(origin);
  if (origin === undefined) return true;
  if (policy === 'same-origin') return hostOf(origin) === host.toLowerCase();
  const allowed = typeof policy === 'string' || policy instanceof RegExp ? [policy] : policy;
  // `search()` ignores the state of a RegExp with the flag g or y.
  return allowed.some((entry) =>
    typeof entry === 'string' ? entry.toLowerCase() === origin.toLowerCase() : origin.search(entry) !== -1,
  );
}

/** The host and port of a serialized origin; undefined for an opaque origin (`null`). */
function hostOf(origin: string): string | undefined {
  const schemeEnd = origin.indexOf('://');
  return schemeEnd === -1 ? undefined : origin.slice(schemeEnd + 3).toLowerCase();
}
