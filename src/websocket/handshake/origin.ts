/** Which origins of web pages may connect: one or several origins or patterns, the server's own, or a decision. */
export type OriginPolicy =
  | 'same-origin'
  | (string & {})
  | RegExp
  | readonly (string | RegExp)[]
  | ((origin: string | undefined) => boolean);

/**
 * Whether a page of this origin may connect, RFC 6455 §10.2. Requests without `Origin` do not come from a browser
 * (§4.2.1, item 7), so only a function may refuse them. A RegExp is tested against the whole origin, such as
 * `https://example.com`: anchor it.
 *
 * @param host the request's `Host`, which `same-origin` compares with
 */
export function isOriginAllowed(policy: OriginPolicy, origin: string | undefined, host: string): boolean {
  if (typeof policy === 'function') return policy(origin);
  if (origin === undefined) return true;
  if (policy === 'same-origin') return hostOf(origin) === host.toLowerCase();
  const allowed = typeof policy === 'string' || policy instanceof RegExp ? [policy] : policy;
  // `search` ignores the state that a RegExp with the flags g or y has.
  return allowed.some((entry) =>
    typeof entry === 'string' ? entry.toLowerCase() === origin.toLowerCase() : origin.search(entry) !== -1,
  );
}

/** The host and port of a serialized origin; nothing for an opaque one (`null`). */
function hostOf(origin: string): string | undefined {
  const schemeEnd = origin.indexOf('://');
  return schemeEnd === -1 ? undefined : origin.slice(schemeEnd + 3).toLowerCase();
}
